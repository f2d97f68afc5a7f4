include: "workflow/Snakefile"


# Plain `snakemake` does the first study; `all` does every one.
workflow.default_target = catalogue.first_study()


rule all:
    input:
        [partial(study_results, study) for study in SHEETS],
