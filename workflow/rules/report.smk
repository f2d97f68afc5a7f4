wildcard_constraints:
    figure="|".join(
        dict.fromkeys(
            name for study in catalogue.STUDIES.values() for name in study.figures
        )
    ),


rule figure:
    input:
        tables=lambda wildcards: [*paths.tables(RESULTS / wildcards.study).values()],
    output:
        svg=report(
            paths.figure(STUDY, "{figure}", "svg"),
            category=lambda wildcards: figures.topic(wildcards.figure),
            caption="../report/figure.rst",
            labels=lambda wildcards: {
                "study": wildcards.study,
                "result": wildcards.figure.replace("_", " "),
            },
        ),
        png=paths.figure(STUDY, "{figure}", "png"),
        column=[
            paths.figure(STUDY, "{figure}", kind, column=True)
            for kind in ("svg", "png")
        ],
    log:
        paths.log(STUDY, "figures/{figure}"),
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=lambda wildcards: fingerprint(
            "frugalnet.figures", f"frugalnet.figures.{wildcards.figure}", within=DRAWN
        ),
        caption=lambda wildcards: figures.caption(wildcards.figure),
    message:
        "Drawing {wildcards.figure} of {wildcards.study}, for one and for two columns of print."
    script:
        "../scripts/figure.py"


rule notebook:
    input:
        tables=lambda wildcards: [*paths.tables(RESULTS / wildcards.study).values()],
        probe=rules.probe.output.probe,
        figures=lambda wildcards: [
            paths.figure(RESULTS / wildcards.study, figure)
            for figure in catalogue.STUDIES[wildcards.study].figures
        ],
        source="workflow/notebooks/{study}.ipynb",
        template="workflow/notebooks/page.html",
    output:
        notebook=STUDY / paths.NOTEBOOK,
        page=report(
            STUDY / paths.PAGE,
            category="The whole page",
            caption="../report/notebook.rst",
            labels={"study": "{study}", "result": "analysis"},
        ),
    log:
        paths.log(STUDY, "notebook"),
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=lambda wildcards: fingerprint(
            "frugalnet.page.page",
            "frugalnet.page.notebook",
            catalogue.STUDIES[wildcards.study].findings.partition(":")[0],
            within=WRITTEN,
        ),
        captions=lambda wildcards: [
            figures.caption(figure)
            for figure in catalogue.STUDIES[wildcards.study].figures
        ],
        look=embedded.digest(),
    message:
        "Executing the notebook of {wildcards.study}."
    script:
        "../scripts/execute_notebook.py"
