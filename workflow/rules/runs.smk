def run_inputs(wildcards):
    run = run_of(wildcards)
    inputs = {"data": rules.prepare.output.card.format(dataset=run.dataset)}
    if run.parent:
        inputs["parent"] = raw(run.study, run.parent)
        inputs["model"] = raw(run.study, run.parent, record.MODEL)
    return inputs


rule measured_run:
    input:
        unpack(run_inputs),
    output:
        **{
            Path(file).stem: raw("{study}", "{dataset}/{method}/{variant}/seed{seed}", file)
            for file in record.ALWAYS
        },
    params:
        run=lambda wildcards: run_of(wildcards).model_dump(mode="json"),
        study=lambda wildcards: str(RESULTS / wildcards.study),
    log:
        RESULTS / "{study}" / "logs" / "{dataset}" / "{method}" / "{variant}" / "seed{seed}.log",
    message:
        "Measured run {wildcards.dataset}/{wildcards.method}/{wildcards.variant}/seed{wildcards.seed}."
    threads: settings.measure.threads
    resources:
        meter=1,
    priority: rank_of
    script:
        "../scripts/measured_run.py"
