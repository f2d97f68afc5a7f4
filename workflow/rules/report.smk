rule figures:
    input:
        interim=rules.interim.output.parquet,
        processed=rules.processed.output.parquet,
    output:
        svg=report(
            RESULTS / "{study}" / "figures" / "{figure}.svg",
            category="{study}",
            caption="../report/figure.rst",
            labels={"figure": "{figure}"},
        ),
        png=RESULTS / "{study}" / "figures" / "{figure}.png",
    params:
        code=fingerprint("frugalnet.figures"),
    log:
        RESULTS / "{study}" / "logs" / "figures" / "{figure}.log",
    message:
        "Drawing {wildcards.figure} of {wildcards.study}."
    script:
        "../scripts/figure.py"
