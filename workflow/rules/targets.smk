# One target per study, and one per dataset of the main study.
for study in SHEETS:

    rule:
        name:
            study
        input:
            partial(study_results, study),


for dataset in dict.fromkeys(
    run.dataset for run in SHEETS[catalogue.MAIN_STUDY].values()
):

    rule:
        name:
            dataset
        input:
            partial(study_results, catalogue.MAIN_STUDY),
