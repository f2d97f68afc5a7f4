"""What pruning and architecture search do to four networks: every dataset with every method and variant, once per seed."""

from frugalnet import catalogue
from frugalnet.config.pruning import Pruning
from frugalnet.config.run import DEFAULT, Run, row
from frugalnet.config.whole import Config


def run_sheet(config: Config) -> list[Run]:
    """Return the runs in the order in which they are measured.

    Seeds come outermost, so that methods interleave and a raised number of seeds only adds rows at the end.
    """
    sheet = config.compression
    return [
        _run(config, dataset, method, variant, pruning, seed)
        for seed in range(sheet.seeds)
        for dataset in sheet.datasets
        for method in catalogue.METHODS
        if method in sheet.methods
        for variant, pruning in _variants(config, dataset, method).items()
    ]


def _variants(config: Config, dataset: str, method: str) -> dict[str, Pruning]:
    """Return the settings of pruning that a method is done with, by the name of the variant.

    Those that name layers of the dataset's network are not for networks that a search finds.
    """
    entry = catalogue.METHODS[method]
    if not entry.granularities:
        return {DEFAULT: config.compression.section("pruning", dataset)}
    searched = entry.parent is not None and "nas" in catalogue.METHODS[entry.parent].reads
    found = config.compression.variants_of(dataset)
    return {
        name: pruning
        for name, pruning in found.items()
        if pruning.granularity in entry.granularities and not (searched and pruning.exclude)
    }


def _run(config: Config, dataset: str, method: str, variant: str, pruning: Pruning, seed: int) -> Run:
    entry = catalogue.METHODS[method]
    sheet = config.compression
    network = sheet.network(dataset)
    assert network is not None  # Config refuses such a dataset
    parent = None
    if entry.parent:
        shared = catalogue.METHODS[entry.parent].granularities
        parent = f"{dataset}/{entry.parent}/{variant if shared else DEFAULT}/seed{seed}"
    reference = f"{dataset}/{catalogue.BASELINE}/{DEFAULT}/seed{seed}"
    recipe, nas = sheet.settings(dataset).recipe, sheet.section("nas", dataset) if "nas" in entry.reads else None
    used = None if entry.keys("pruning") == set() else pruning
    return row(
        config.measure,
        study="compression",
        dataset=dataset,
        network=network,
        method=method,
        variant=variant,
        seed=seed,
        parent=parent,
        recipe=recipe,
        pruning=used,
        nas=nas,
        reference=reference if method != catalogue.BASELINE and catalogue.BASELINE in sheet.methods else None,
    )
