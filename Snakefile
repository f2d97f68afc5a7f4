include: "workflow/Snakefile"


# A default target in an included file does not count: it has to stand here.
rule all:
    input:
        [partial(study_results, study) for study in SHEETS],
