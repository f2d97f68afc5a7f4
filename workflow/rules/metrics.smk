# The settings are kept so that tables can be rebuilt without the workflow, less what is of this machine: mirror and trackers.
rule settings:
    input:
        settings.carbon.hourly or [],
    output:
        RESULTS / paths.SETTINGS,
        CARBON_HOURS,
    log:
        paths.log(RESULTS, "settings"),
    conda:
        "../envs/frugalnet.yaml"
    params:
        settings=settings.model_dump(
            mode="json",
            exclude_unset=True,
            exclude={"data": {"mirror"}, "tracking": True},
        ),
    message:
        "Writing the settings."
    script:
        "../scripts/settings.py"


rule interim:
    input:
        records=lambda wildcards: records_of(wildcards.study),
        probe=PROBE,
    output:
        csv=[STUDY / paths.INTERIM / f"{table}.csv" for table in paths.INTERIM_TABLES],
        parquet=[
            STUDY / paths.INTERIM / f"{table}.parquet"
            for table in paths.INTERIM_TABLES
        ],
    log:
        paths.log(STUDY, "interim"),
    conda:
        "../envs/frugalnet.yaml"
    params:
        code=fingerprint("frugalnet.analysis.interim", within=TABLES),
        records=lambda wildcards: [str(path) for path in selected(wildcards.study)[0]],
        left_out=lambda wildcards: selected(wildcards.study)[1],
        checks=settings.checks.model_dump(),
    message:
        "Reading raw files of {wildcards.study} into tidy tables."
    script:
        "../scripts/interim.py"


# There is a rule per study, because each study has its own tables.
for study in SHEETS:

    rule:
        name:
            f"processed_{study}"
        input:
            [
                RESULTS / study / paths.INTERIM / f"{table}.parquet"
                for table in paths.INTERIM_TABLES
            ],
        output:
            csv=[
                report(
                    RESULTS / study / paths.PROCESSED / f"{table}.csv",
                    category="Tables",
                    caption="../report/table.rst",
                    labels={"study": study, "result": table},
                )
                for table in paths.processed_tables(study)
            ],
            parquet=[
                RESULTS / study / paths.PROCESSED / f"{table}.parquet"
                for table in paths.processed_tables(study)
            ],
            dictionary=RESULTS / study / paths.PROCESSED / f"{paths.DICTIONARY}.csv",
        log:
            paths.log(RESULTS / study, "processed"),
        conda:
            "../envs/frugalnet.yaml"
        params:
            code=fingerprint(
                "frugalnet.analysis.tables", *own_tables(study), within=TABLES
            ),
            study=study,
            references=asdict(catalogue.STUDIES[study].references),
            carbon=settings.carbon.model_dump(),
            hours=settings.carbon.hourly and digest(Path(settings.carbon.hourly)),
            statistics=settings.statistics.model_dump(),
            section=settings.of_study(study).model_dump(mode="json", exclude_unset=True),
        message:
            f"Comparing the methods of {study}."
        script:
            "../scripts/processed.py"


# A study with factors lists its runs, and some of its runs have a recipe that is chosen from the results of the others.
for study, entry in catalogue.STUDIES.items():
    if entry.listed:

        rule:
            name:
                f"sheet_{study}"
            output:
                RESULTS / study / paths.SHEET,
            log:
                paths.log(RESULTS / study, "sheet"),
            conda:
                "../envs/frugalnet.yaml"
            params:
                study=study,
                runs=listed_runs(study),
                section=settings.of_study(study).model_dump(
                    mode="json", exclude_unset=True
                ),
                code=fingerprint(entry.listed.partition(":")[0], within=TABLES),
            message:
                f"Writing the run sheet of {study}."
            script:
                "../scripts/sheet.py"

    if entry.chosen:

        rule:
            name:
                f"chosen_{study}"
            input:
                [
                    paths.raw(RESULTS / study, run.id)
                    for run in SHEETS[study].values()
                    if not catalogue.METHODS[run.method].chosen
                ],
            output:
                paths.chosen(RESULTS / study),
            log:
                paths.log(RESULTS / study, "chosen"),
            conda:
                "../envs/frugalnet.yaml"
            params:
                study=study,
                checks=settings.checks.model_dump(),
                runs=listed_runs(study),
                section=settings.of_study(study).choosing,
                code=fingerprint(entry.chosen.partition(":")[0], within=TABLES),
            message:
                f"Choosing the best configurations of {study}."
            script:
                "../scripts/chosen.py"
