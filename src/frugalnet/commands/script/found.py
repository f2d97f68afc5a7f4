"""The run that a name stands for in a folder of results, and how it came about."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from frugalnet import catalogue
from frugalnet.config.nas import Nas
from frugalnet.config.pruning import Pruning
from frugalnet.config.run import DEFAULT, Run
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths, record
from frugalnet.record.record import Record
from frugalnet.record.rows import winning_hyperparameters


@dataclass(frozen=True)
class Found:
    """A run, its folder, the number of runs of which it is the best, the search behind it, and the pruning `stage` at its end.

    `stage` is None where there is one training only; its sparsity is 0 where the network is only trained further. `chain`
    has the rows of the run and of those that it starts from.
    """

    record: Record
    folder: Path
    runs: int
    stage: Pruning | None
    nas: Nas | None
    chain: list[Run]

    @property
    def run(self) -> Run:
        """Return the row of the run, with the recipe that it had."""
        return self.record.done


def find(name: str, results: Path) -> Found:
    """Return the run that `[study/]dataset/method[/variant[/seed<k>]]` stands for; of several seeds, the best on validation data.

    For a method with variants, `default` is the best of them all; so is a method with chosen recipes without a variant.
    Without a study, the first one that has such a run is taken. Raises FrugalNetError where the results have no such run,
    or several variants of it.
    """
    wanted = name.strip("/").split("/")
    studies = [wanted.pop(0)] if wanted[0] in catalogue.STUDIES else list(catalogue.STUDIES)
    folders = _holding(wanted, [found for study in studies if (found := _folders(results, study))])
    if not folders:
        of = f" of the study {studies[0]}" if len(studies) == 1 else ""
        raise FrugalNetError(f"{results}: no finished runs{of} in it; expected a folder of results, as results/quick")
    best_of_all = _is_any(wanted) and not _below(folders, [*wanted[:2], DEFAULT])
    fitting = _below(folders, wanted[:2] if best_of_all else wanted)
    if not fitting or (len(_variants(fitting)) > 1 and not best_of_all):
        near = next(found for count in (2, 1, 0) if (found := _below(folders, wanted[:count])))
        problem = "names several" if fitting else "no such run"
        raise FrugalNetError(f"{name}: {problem} in {results}; expected one of {', '.join(_variants(near))}")
    read = [(record.read_record(folder / paths.RECORD), folder) for folder in fitting.values()]
    runs = [(rec, folder) for rec, folder in read if rec.status == record.COMPLETE]
    if not runs:
        raise FrugalNetError(f"{name}: has no model: {read[0][0].error}")
    best, folder = max(runs, key=lambda run: _rank(run[0]))
    chain = [each.done for each in _lineage(best, folders)]
    nas = next((run.nas for run in chain if run.nas), None)
    return Found(best, folder, len(runs), _stage(best, folder, folders), nas, chain)


def _holding(wanted: list[str], of_studies: list[dict[Path, Path]]) -> dict[Path, Path]:
    """Return the runs of the first study that has the wanted one; if none does, of the first that has its method, or any."""
    for parts in (wanted, wanted[:2]):
        for folders in of_studies:
            if _below(folders, parts):
                return folders
    return of_studies[0] if of_studies else {}


def _is_any(wanted: list[str]) -> bool:
    """Tell whether a name stands for all variants of a method."""
    method = catalogue.METHODS.get(wanted[1]) if len(wanted) > 1 else None
    return wanted[2:] == [DEFAULT] or (len(wanted) == 2 and method is not None and method.chosen)


def does_as(run: Run, method: str) -> bool:
    """Tell whether a run's method is the given one, or the same after a search."""
    return catalogue.METHODS[run.method].function == catalogue.METHODS[method].function


def is_random(run: Run) -> bool:
    """Tell whether a run prunes at random."""
    return does_as(run, "random") or run.method == "joint_random"


def _below(folders: dict[Path, Path], wanted: list[str]) -> dict[Path, Path]:
    """Return the runs whose ids begin with some parts."""
    return {run: folder for run, folder in folders.items() if list(run.parts[: len(wanted)]) == wanted}


def _variants(folders: dict[Path, Path]) -> list[str]:
    return sorted({run.parent.as_posix() for run in folders})


def _folders(results: Path, study: str) -> dict[Path, Path]:
    """Return the raw folders of the runs of a study, by their ids."""
    raw = results / study / paths.RAW
    return {path.parent.relative_to(raw): path.parent for path in sorted(raw.glob(f"*/*/*/seed*/{paths.RECORD}"))}


def _rank(rec: Record) -> float:
    dataset = catalogue.DATASETS[rec.run.dataset]
    return dataset.sign * rec.quality[f"validation_{dataset.metric}"]


def _lineage(rec: Record, folders: dict[Path, Path]) -> Iterator[Record]:
    """Yield a run and its parents up to the root, as far as they are there."""
    yield rec
    for parent in rec.parents:
        if folder := folders.get(Path(parent.id)):
            yield from _lineage(record.read_record(folder / paths.RECORD), folders)


def _stage(rec: Record, folder: Path, folders: dict[Path, Path]) -> Pruning | None:
    """Return what follows the first training."""
    pruning = rec.run.pruning
    if pruning and rec.run.method == "joint":
        return _chosen(pruning, folder)
    if pruning and rec.run.method == "joint_random":
        return _chosen(pruning, folders[Path(rec.parents[0].id)])
    if pruning is None or catalogue.METHODS[rec.run.method].new_weights:
        return None
    trained_on = not catalogue.METHODS[rec.run.method].granularities
    return pruning.model_copy(update={"sparsity": 0.0}) if trained_on else pruning


def _chosen(pruning: Pruning, folder: Path) -> Pruning:
    """Return the pruning that a search with pruning inside found best: of units, with the section's other settings."""
    hyperparameters = winning_hyperparameters(folder / paths.TRIALS)
    chosen = {key: hyperparameters[key] for key in ("sparsity", "schedule")}
    return pruning.model_copy(update={"granularity": "unit", "exclude": (), "initial_sparsity": 0.0, **chosen})
