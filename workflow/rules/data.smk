DATA_FIRST = 1_000


rule download:
    output:
        manifest=DATA / "raw" / "{dataset}" / "manifest.json",
    params:
        allow_subset=settings.data.allow_subset,
    log:
        DATA / "logs" / "download_{dataset}.log",
    message:
        "Getting the files of {wildcards.dataset} (data.source: {settings.data.source})."
    priority: DATA_FIRST
    script:
        "../scripts/download.py"


rule prepare:
    input:
        manifest=rules.download.output.manifest,
    output:
        card=DATA / "prepared" / "{dataset}" / "dataset.json",
    params:
        version=lambda wildcards: catalogue.DATASETS[wildcards.dataset].version,
    log:
        DATA / "logs" / "prepare_{dataset}.log",
    message:
        "Preparing arrays and splits of {wildcards.dataset}."
    priority: DATA_FIRST
    script:
        "../scripts/prepare.py"
