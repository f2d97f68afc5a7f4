from frugalnet.record.machine import identity, machine


# On another machine the probe is made again, but not the runs.
rule probe:
    output:
        probe=PROBE,
    log:
        paths.log(RESULTS, "probe"),
    priority: PROBE_FIRST
    conda:
        "../envs/frugalnet.yaml"
    threads: settings.measure.threads
    resources:
        meter=1,
    params:
        machine=identity(machine()),
        measure={
            key: getattr(settings.measure, key)
            for key in (
                "threads",
                "meters",
                "sampling_hz",
                "plug",
                "calibration",
                "replay",
                "cpu_idle_w",
                "cpu_tdp_w",
            )
        },
    message:
        "Finding out what the meters of this machine can tell."
    script:
        "../scripts/probe.py"
