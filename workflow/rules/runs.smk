rule measured_run:
    input:
        unpack(run_inputs),
    output:
        **{
            Path(file).stem: raw(
                "{study}", "{dataset}/{method}/{variant}/seed{seed}", file
            )
            for file in record.ALWAYS
        },
    log:
        RESULTS
        / "{study}"
        / "logs"
        / "{dataset}"
        / "{method}"
        / "{variant}"
        / "seed{seed}.log",
    priority: rank_of
    conda:
        "../envs/frugalnet.yaml"
    threads: settings.measure.threads
    resources:
        meter=1,
    params:
        run=lambda wildcards: run_of(wildcards).model_dump(
            mode="json", exclude_defaults=True
        ),
        study=lambda wildcards: str(RESULTS / wildcards.study),
    message:
        "Measured run {wildcards.dataset}/{wildcards.method}/{wildcards.variant}/seed{wildcards.seed}."
    script:
        "../scripts/measured_run.py"


# Only where `nas.jobs` asks for it: otherwise a search does its trials itself.
rule trial:
    input:
        unpack(trial_inputs),
    output:
        trial=RESULTS
        / "{study}"
        / "trials"
        / "{dataset}"
        / "{method}"
        / "{variant}"
        / "seed{seed}"
        / "{trial}.json",
    log:
        RESULTS
        / "{study}"
        / "logs"
        / "{dataset}"
        / "{method}"
        / "{variant}"
        / "seed{seed}_trial{trial}.log",
    priority: rank_of
    conda:
        "../envs/frugalnet.yaml"
    threads: settings.measure.threads
    resources:
        meter=1,
    params:
        run=lambda wildcards: trial_of(wildcards).model_dump(
            mode="json", exclude_defaults=True
        ),
        probe=str(PROBE),
    message:
        "Trial {wildcards.trial} of {wildcards.dataset}/{wildcards.method}/{wildcards.variant}/seed{wildcards.seed}."
    script:
        "../scripts/trial.py"
