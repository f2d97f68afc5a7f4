wildcard_constraints:
    figure="|".join(
        dict.fromkeys(
            name for study in catalogue.STUDIES.values() for name in study.figures
        )
    ),


rule figure:
    input:
        interim=rules.interim.output.parquet,
        processed=rules.processed.output.parquet,
    output:
        svg=report(
            RESULTS / "{study}" / "figures" / "{figure}.svg",
            category=lambda wildcards: figures.topic(wildcards.figure),
            caption="../report/figure.rst",
            labels=lambda wildcards: {
                "study": wildcards.study,
                "result": wildcards.figure.replace("_", " "),
            },
        ),
        png=RESULTS / "{study}" / "figures" / "{figure}.png",
        column=[
            RESULTS / "{study}" / "figures" / f"{{figure}}{figures.COLUMN}.{kind}"
            for kind in ("svg", "png")
        ],
    log:
        RESULTS / "{study}" / "logs" / "figures" / "{figure}.log",
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=fingerprint("frugalnet.figures"),
        caption=lambda wildcards: figures.caption(wildcards.figure),
    message:
        "Drawing {wildcards.figure} of {wildcards.study}, for one and for two columns of print."
    script:
        "../scripts/figure.py"


rule notebook:
    input:
        interim=rules.interim.output.parquet,
        processed=rules.processed.output.parquet,
        probe=rules.probe.output.probe,
        figures=lambda wildcards: [
            RESULTS / wildcards.study / "figures" / f"{figure}.png"
            for figure in catalogue.STUDIES[wildcards.study].figures
        ],
        source="workflow/notebooks/{study}.ipynb",
        template="workflow/notebooks/page.html",
    output:
        notebook=RESULTS / "{study}" / "analysis.ipynb",
        page=report(
            RESULTS / "{study}" / "analysis.html",
            category="The whole page",
            caption="../report/notebook.rst",
            labels={"study": "{study}", "result": "analysis"},
        ),
    log:
        RESULTS / "{study}" / "logs" / "notebook.log",
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=fingerprint("frugalnet.figures", "frugalnet.page.notebook"),
        captions=lambda wildcards: [
            figures.caption(figure)
            for figure in catalogue.STUDIES[wildcards.study].figures
        ],
    message:
        "Executing the notebook of {wildcards.study}."
    script:
        "../scripts/execute_notebook.py"
