INTERIM = ["runs", "windows", "epochs", "trials"]


rule interim:
    input:
        records=records_of,
    output:
        csv=[RESULTS / "{study}" / "interim" / f"{table}.csv" for table in INTERIM],
        parquet=[RESULTS / "{study}" / "interim" / f"{table}.parquet" for table in INTERIM],
    params:
        code=fingerprint("frugalnet.analysis.interim"),
        failed=lambda wildcards: str(RESULTS / wildcards.study / "failed"),
    log:
        RESULTS / "{study}" / "logs" / "interim.log",
    message:
        "Reading raw files of {wildcards.study} into tidy tables."
    script:
        "../scripts/interim.py"


rule processed:
    input:
        rules.interim.output.parquet,
    output:
        comparison=RESULTS / "{study}" / "processed" / "comparison.csv",
        parquet=RESULTS / "{study}" / "processed" / "comparison.parquet",
        dictionary=RESULTS / "{study}" / "processed" / "data_dictionary.csv",
    params:
        code=fingerprint("frugalnet.analysis.processed", "frugalnet.analysis.dictionary"),
    log:
        RESULTS / "{study}" / "logs" / "processed.log",
    message:
        "Comparing the methods of {wildcards.study}."
    script:
        "../scripts/processed.py"
