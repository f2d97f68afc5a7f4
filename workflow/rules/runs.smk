# A rule per method, so that the rule graph shows what starts from what, and `-R nas` or `--until baseline` can name it.
for method in catalogue.METHODS:

    rule:
        name:
            method
        input:
            unpack(of_run(run_inputs, method)),
        output:
            **{
                Path(file).stem: paths.raw(
                    STUDY, RUN.replace("{method}", method), file
                )
                for file in paths.ALWAYS
            },
        log:
            paths.log(STUDY, RUN.replace("{method}", method)),
        priority: of_run(rank, method)
        conda:
            "../envs/frugalnet.yaml"
        threads: settings.measure.threads
        resources:
            meter=1,
        params:
            run=of_run(row, method),
            study=lambda wildcards: str(RESULTS / wildcards.study),
        message:
            f"Measured run {{wildcards.dataset}}/{method}/{{wildcards.variant}}/seed{{wildcards.seed}}."
        script:
            "../scripts/measured_run.py"


# Used only if `nas.jobs` is set; otherwise a search does its trials itself.
rule trial:
    input:
        unpack(trial_inputs),
    output:
        trial=paths.trial(STUDY, RUN, "{trial}"),
    log:
        paths.log(STUDY, f"{RUN}_trial{{trial}}"),
    priority: of_run(rank)
    conda:
        "../envs/frugalnet.yaml"
    threads: settings.measure.threads
    resources:
        meter=1,
    params:
        run=lambda wildcards: row(trial_of(wildcards)),
        probe=str(PROBE),
    message:
        "Trial {wildcards.trial} of {wildcards.dataset}/{wildcards.method}/{wildcards.variant}/seed{wildcards.seed}."
    script:
        "../scripts/trial.py"
