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
    of_a_seed = [
        (dataset, method, variant, pruning)
        for dataset in sheet.datasets
        for method in catalogue.METHODS
        if method in sheet.methods_of(dataset) and not _is_what_it_controls(config, dataset, method)
        for variant, pruning in _variants(config, dataset, method).items()
    ]
    return [_run(config, *each, seed) for seed in range(sheet.seeds) for each in of_a_seed]


def _is_what_it_controls(config: Config, dataset: str, method: str) -> bool:
    """Tell whether a control would only set keys to values that they have anyway, as a random search beside a random search."""
    fixed = _fixed(method)
    nas = config.compression.section("nas", dataset)
    return bool(fixed) and all(getattr(nas, key) == value for key, value in fixed.items())


def _fixed(method: str) -> dict[str, str]:
    """Return the keys of `nas` for which a method has its own values."""
    return {key.removeprefix("nas."): value for key, value in catalogue.METHODS[method].fixed.items()}


def _variants(config: Config, dataset: str, method: str) -> dict[str, Pruning]:
    """Return the settings of pruning with which a method is done, by the name of the variant.

    Variants that name layers of the dataset's network do not apply to networks that a search finds. A method that
    trains further without pruning is done once without a teacher, and once with the teacher of each distilled variant.
    """
    entry, shared = catalogue.METHODS[method], config.compression.section("pruning", dataset)
    own = {
        name: pruning
        for name, pruning in config.compression.variants_of(dataset).items()
        if not (_root(method) == "nas" and pruning.exclude)
    }
    if entry.granularities:
        return {name: pruning for name, pruning in own.items() if pruning.granularity in entry.granularities}
    if entry.parent is None or entry.new_weights:
        return {DEFAULT: shared}
    taught = {_twin(pruning): pruning for pruning in own.values() if pruning.distillation}
    return {DEFAULT: shared.model_copy(update={"distillation": 0.0, "temperature": 1.0})} | taught


def _twin(pruning: Pruning) -> str:
    return f"distilled-{pruning.distillation:.2f}-t{pruning.temperature:g}"


def _root(method: str) -> str:
    parent = catalogue.METHODS[method].parent
    return _root(parent) if parent else method


def _run(config: Config, dataset: str, method: str, variant: str, pruning: Pruning, seed: int) -> Run:
    entry, sheet = catalogue.METHODS[method], config.compression
    network = sheet.network(dataset)
    assert network is not None  # Config refuses such a dataset

    def run_of(other: str) -> str:
        same = catalogue.METHODS[other].granularities and entry.granularities
        return f"{dataset}/{other}/{variant if same else DEFAULT}/seed{seed}"

    nas = sheet.section("nas", dataset).model_copy(update=_fixed(method)) if "nas" in entry.reads else None
    compared = method != catalogue.BASELINE and catalogue.BASELINE in sheet.methods_of(dataset)
    return row(
        config.measure,
        study="compression",
        dataset=dataset,
        network=network,
        method=method,
        variant=variant,
        seed=seed,
        parent=run_of(entry.parent) if entry.parent else None,
        recipe=sheet.recipe(dataset),
        pruning=None if entry.keys("pruning") == set() else pruning,
        nas=nas,
        reference=run_of(catalogue.BASELINE) if compared else None,
        teacher=run_of(entry.taught_by) if entry.taught_by and pruning.distillation else None,
    )
