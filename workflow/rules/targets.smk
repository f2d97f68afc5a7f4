# There is one target per study, and one per dataset of the first study.
for study in SHEETS:

    rule:
        name:
            study
        input:
            partial(study_results, study),


for dataset in dict.fromkeys(
    run.dataset for run in SHEETS[catalogue.first_study()].values()
):

    rule:
        name:
            dataset
        input:
            partial(study_results, catalogue.first_study()),
