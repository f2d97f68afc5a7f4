"""What pruning and architecture search do to four networks: every dataset with every method, once per seed."""

from frugalnet import catalogue
from frugalnet.config import Config, Run

VARIANT = "default"


def run_sheet(config: Config) -> list[Run]:
    """Return the runs in the order in which they are measured.

    Seeds come outermost, so that methods interleave and a raised number of seeds only adds rows at the end.
    """
    sheet = config.compression
    return [
        _run(config, dataset, method, seed)
        for seed in range(sheet.seeds)
        for dataset in sheet.datasets
        for method in catalogue.METHODS
        if method in sheet.methods
    ]


def _run(config: Config, dataset: str, method: str, seed: int) -> Run:
    entry = catalogue.METHODS[method]
    network = config.network(dataset)
    assert network is not None  # Config refuses such a dataset
    return Run(
        study="compression",
        dataset=dataset,
        network=network,
        method=method,
        variant=VARIANT,
        seed=seed,
        parent=f"{dataset}/{entry.parent}/{VARIANT}/seed{seed}" if entry.parent else None,
        recipe=config.settings(dataset).recipe,
        measure=config.measure,
        method_version=entry.version,
        recipe_version=catalogue.RECIPE_VERSION,
        network_version=catalogue.NETWORKS[network].version,
        **{name: config.section(name, dataset) if name in entry.sections else None for name in ("pruning", "nas")},
    )
