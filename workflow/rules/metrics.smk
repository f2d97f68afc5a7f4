# What the tables are made with, for who rebuilds them without the workflow; the mirror is a place on this machine.
rule settings:
    output:
        RESULTS / SETTINGS,
    log:
        RESULTS / "logs" / "settings.log",
    conda:
        "../envs/frugalnet.yaml"
    params:
        settings=settings.model_dump(
            mode="json", exclude_unset=True, exclude={"data": {"mirror"}}
        ),
    message:
        "Writing down the settings."
    script:
        "../scripts/settings.py"


rule interim:
    input:
        records=lambda wildcards: records_of(wildcards.study),
        probe=PROBE,
    output:
        csv=[RESULTS / "{study}" / "interim" / f"{table}.csv" for table in INTERIM],
        parquet=[
            RESULTS / "{study}" / "interim" / f"{table}.parquet" for table in INTERIM
        ],
    log:
        RESULTS / "{study}" / "logs" / "interim.log",
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=fingerprint(
            "frugalnet.analysis.interim",
            "frugalnet.analysis.energies",
            "frugalnet.analysis.inferences",
            "frugalnet.analysis.integrity",
            "frugalnet.analysis.runs",
        ),
        records=lambda wildcards: [str(path) for path in selected(wildcards.study)[0]],
        left_out=lambda wildcards: selected(wildcards.study)[1],
        checks=settings.checks.model_dump(),
    message:
        "Reading raw files of {wildcards.study} into tidy tables."
    script:
        "../scripts/interim.py"


rule processed:
    input:
        rules.interim.output.parquet,
    output:
        csv=[
            report(
                RESULTS / "{study}" / "processed" / f"{table}.csv",
                category="Tables",
                caption="../report/table.rst",
                labels={"study": "{study}", "result": table},
            )
            for table in PROCESSED
        ],
        parquet=[
            RESULTS / "{study}" / "processed" / f"{table}.parquet"
            for table in PROCESSED
        ],
        dictionary=RESULTS / "{study}" / "processed" / "data_dictionary.csv",
    log:
        RESULTS / "{study}" / "logs" / "processed.log",
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=fingerprint("frugalnet.analysis"),
        carbon=settings.carbon.model_dump(),
        statistics=settings.statistics.model_dump(),
    message:
        "Comparing the methods of {wildcards.study}."
    script:
        "../scripts/processed.py"
