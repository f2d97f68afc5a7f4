"""Every combination of the axes, further rows beside them, and the design of efficiency."""

import csv
from io import StringIO

from frugalnet import catalogue
from frugalnet.config.axes import SAID
from frugalnet.config.run import Run, row
from frugalnet.config.sweep import Configuration, Sweep
from frugalnet.config.weights import PARENT
from frugalnet.config.whole import Config

STUDY = "sweep"


def run_sheet(config: Config) -> list[Run]:
    """Return all configurations, seed by seed: those of the grid, further rows, and the design of efficiency."""
    study = config.sweep
    # All runs train one network by itself: there is no baseline among them whose memory alone would count.
    measure = config.measure.model_copy(update={"memory": "none"} if config.measure.memory == "baseline" else {})
    datasets = {each.name: each.dataset for each in study.further()}

    def run(of: Configuration, seed: int) -> Run:
        parent = of.start and f"{datasets[of.start]}/{catalogue.BASELINE}/{of.start}/seed{seed}"
        made = row(
            measure,
            study=STUDY,
            dataset=of.dataset,
            network=of.network,
            method=catalogue.BASELINE,
            recipe=of.recipe,
            variant=of.name,
            seed=seed,
            parent=parent,
        )
        if parent:
            made = made.with_recipe(made.recipe.model_copy(update={"weights": PARENT}))
        return made.model_copy(update={"factors": dict(of.levels)})

    parts = (list(study.grid()), list(study.further()), list(study.design()))
    return [
        run(each, seed)
        for part in parts
        for seed in range(max((each.seeds for each in part), default=0))
        for each in part
        if seed < each.seeds
    ]


def as_table(study: Sweep) -> str:
    """Return the configurations as tab-separated values, with the levels of axes and of the factors of efficiency."""
    found = study.configurations()
    names = dict.fromkeys(name for each in found for name in each.levels)
    text = StringIO()
    table = csv.writer(text, delimiter="\t", lineterminator="\n")
    table.writerow(["run", *SAID, *names])
    for each in found:
        levels = [each.levels.get(name, "") for name in names]
        table.writerow([each.name, each.dataset, each.seeds, each.start or "", *levels])
    return text.getvalue()
