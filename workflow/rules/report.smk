from frugalnet import figures


rule figure:
    input:
        interim=rules.interim.output.parquet,
        processed=rules.processed.output.parquet,
    output:
        svg=report(
            RESULTS / "{study}" / "figures" / "{figure}.svg",
            category="{study}",
            caption="../report/figure.rst",
            labels={"result": "{figure}"},
        ),
        png=RESULTS / "{study}" / "figures" / "{figure}.png",
    log:
        RESULTS / "{study}" / "logs" / "figures" / "{figure}.log",
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=fingerprint("frugalnet.figures"),
        caption=lambda wildcards: figures.caption(wildcards.figure),
    message:
        "Drawing {wildcards.figure} of {wildcards.study}."
    script:
        "../scripts/figure.py"


rule notebook:
    input:
        interim=rules.interim.output.parquet,
        processed=rules.processed.output.parquet,
        probe=rules.probe.output.probe,
        source="workflow/notebooks/{study}.ipynb",
        template="workflow/notebooks/page.html",
    output:
        notebook=RESULTS / "{study}" / "analysis.ipynb",
        page=report(
            RESULTS / "{study}" / "analysis.html",
            category="{study}",
            caption="../report/notebook.rst",
            labels={"result": "analysis"},
        ),
    log:
        RESULTS / "{study}" / "logs" / "notebook.log",
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=fingerprint("frugalnet.figures", "frugalnet.notebook"),
        captions=lambda wildcards: [
            figures.caption(figure)
            for figure in catalogue.STUDIES[wildcards.study].figures
        ],
    message:
        "Executing the notebook of {wildcards.study}."
    script:
        "../scripts/execute_notebook.py"
