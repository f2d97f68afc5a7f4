# Finished runs are exported to the trackers of `tracking`, each right after it and never beside a measured run. Without a tracker
# there is no rule here, and nothing is imported.
TRACKERS = settings.tracking.trackers


if TRACKERS:
    from frugalnet.tracking import export as tracking
    from frugalnet.tracking.secrets import read_secrets
    from frugalnet.tracking import where as trackers

    os.environ[trackers.TRACKERS] = " ".join(TRACKERS)
    if workflow.is_main_process:
        try:
            for tracker in TRACKERS:
                trackers.need(tracker)
            read_secrets()
        except FrugalNetError as error:
            raise WorkflowError(str(error))


# An export that a server was away for is done again by the next call.
DELAYED_EXPORTS = {
    str(stamp)
    for study in SHEETS
    for tracker in TRACKERS
    if workflow.is_main_process
    for stamp in (RESULTS / study / paths.TRACKED).rglob(f"{tracker}.json")
    if tracking.is_delayed(stamp)
}


def exports_of(study):
    """Return the files that say of each run, and of the figures if they are asked for, that they are exported."""
    runs = [run.id for run in asked_runs(study)]
    figures = ["figures"] if "figures" in settings.tracking.artifacts else []
    return [
        paths.tracked(RESULTS / study, run, tracker)
        for tracker in TRACKERS
        for run in (*runs, *figures)
    ]


def check_trackers():
    """Ask the servers of trackers before any run: one that is away is told, one that refuses us ends the workflow."""
    for tracker, place in TRACKERS.items():
        where = trackers.Where(
            tracker, RESULTS, place, settings.tracking.experiment or ""
        )
        try:
            away = tracking.check(where)
        except FrugalNetError as error:
            raise WorkflowError(str(error))
        if away:
            told = f"{away}: runs are exported later ({tracking.caught_up(where)})"
            logger.warning(told)


def inputs_of_export(tracker, wildcards):
    """Return the record of a run, and have an export that was delayed done again."""
    run = RUN.format(**wildcards)
    stamp = str(paths.tracked(RESULTS / wildcards.study, run, tracker))
    if stamp in DELAYED_EXPORTS:
        workflow.dag.forcefiles.add(stamp)
    return paths.raw(RESULTS / wildcards.study, run)


def inputs_of_exported_figures(tracker, wildcards):
    """Return the pictures of a study, and have an export that was delayed done again."""
    study = RESULTS / wildcards.study
    stamp = str(paths.tracked(study, "figures", tracker))
    if stamp in DELAYED_EXPORTS:
        workflow.dag.forcefiles.add(stamp)
    return [
        paths.figure(study, figure)
        for figure in catalogue.STUDIES[wildcards.study].figures
    ]


for tracker, place in TRACKERS.items():

    rule:
        name:
            f"tracked_{tracker}"
        input:
            record=partial(inputs_of_export, tracker),
        output:
            paths.tracked(STUDY, RUN, tracker),
        log:
            paths.log(STUDY, f"{paths.TRACKED}/{RUN}/{tracker}"),
        priority: EXPORT_FIRST
        conda:
            "../envs/frugalnet.yaml"
        resources:
            meter=1,
        params:
            tracker=tracker,
            results=str(RESULTS),
            place=place,
            experiment=settings.tracking.experiment or "",
            artifacts=[name for name in settings.tracking.artifacts if name == "model"],
        message:
            f"Exporting {{wildcards.dataset}}/{{wildcards.method}}/{{wildcards.variant}}/seed{{wildcards.seed}} to {tracker}."
        script:
            "../scripts/track.py"

    if "figures" in settings.tracking.artifacts:

        rule:
            name:
                f"tracked_figures_{tracker}"
            input:
                figures=partial(inputs_of_exported_figures, tracker),
            output:
                paths.tracked(STUDY, "figures", tracker),
            log:
                paths.log(STUDY, f"{paths.TRACKED}/figures/{tracker}"),
            conda:
                "../envs/frugalnet.yaml"
            resources:
                meter=1,
            params:
                tracker=tracker,
                results=str(RESULTS),
                place=place,
                experiment=settings.tracking.experiment or "",
                artifacts=["figures"],
            message:
                f"Exporting the figures of {{wildcards.study}} to {tracker}."
            script:
                "../scripts/track.py"
