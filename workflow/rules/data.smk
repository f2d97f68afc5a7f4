rule download:
    output:
        manifest=paths.manifest(SOURCE, "{dataset}"),
    log:
        paths.log(paths.DATA / SOURCE, "download_{dataset}"),
    priority: DATA_FIRST
    conda:
        "../envs/frugalnet.yaml"
    params:
        allow_subset=lambda wildcards: (
            settings.data.allow_subset
            if catalogue.DATASETS[wildcards.dataset].known_by_content
            else None
        ),
    message:
        "Getting the files of {wildcards.dataset} (data.source: {settings.data.source})."
    script:
        "../scripts/download.py"


rule prepare:
    input:
        manifest=rules.download.output.manifest,
    output:
        card=paths.card(SOURCE, "{dataset}"),
    log:
        paths.log(paths.DATA / SOURCE, "prepare_{dataset}"),
    priority: DATA_FIRST
    conda:
        "../envs/frugalnet.yaml"
    params:
        version=lambda wildcards: catalogue.DATASETS[wildcards.dataset].version,
    message:
        "Preparing arrays and splits of {wildcards.dataset}."
    script:
        "../scripts/prepare.py"
