"""All paths below `results/` and `data/`: no other file spells them.

`study` is the folder of a study, `results/<name>/<study>`; `run` is the id of a run.
"""

from pathlib import Path

from frugalnet import catalogue

RESULTS, DATA = Path("results"), Path("data")
RAW, WORK, FAILED, TRIALS_OF_JOBS, INTERIM, PROCESSED, FIGURES, LOGS = (
    *("raw", "work", "failed", "trials", "interim", "processed", "figures", "logs"),
)
"""Folders of a study; results and data have LOGS too."""

RECORD = "record.json"
TIMELINE = "timeline.parquet"
WINDOWS = "windows.parquet"
EPOCHS = "epochs.csv"
TRIALS = "trials.csv"
TEST_SCORES = "test_scores.npy"
"""For each test sample, in order: whether the class is right (bool), or the absolute error (float32). The mean is the quality."""
PARAMETERS = "parameters.yaml"
"""What a run of a study with factors was done with, for people."""
MODEL = "model.keras"
DEPLOYED = "model.tflite"
"""The int8 file of a run whose recipe rounds to int8."""
ALWAYS = (RECORD, TIMELINE, WINDOWS)
"""Files that every finished run has, also one that diverged or ran out of memory."""
COMPLETE = (*ALWAYS, EPOCHS, TEST_SCORES, MODEL)
"""Files that every run with a model has; a search leaves TRIALS too."""
HEAVY = (MODEL, DEPLOYED, TIMELINE, WINDOWS)
"""Files that a light package leaves out: of all tables, only `timelines` needs one of them."""
LIGHT = "light.txt"
"""In a study from a light package: the runs that its tables are made of, one per line. Their raw files lack HEAVY."""
RAW_ARCHIVE = "raw.tar.xz"
"""In a light package: all raw files of a study, and LIGHT."""

METER_PROBE, CALIBRATION = "meter_probe.json", "calibration.json"
LISTS = CHOSEN, RUNS, SHEET = "chosen.json", "runs.csv", "runs.tsv"
"""In the folder of a study with factors: recipes that are chosen from its results, a line for each finished run, and its run sheet."""
SETTINGS = "settings.yaml"
"""Files beside the studies: results of the machine's probe, comparison of its meters with a plug, and the configuration."""
CARBON_HOURS = "carbon_hours.csv"
"""Beside the settings: a copy of their file `carbon.hourly`, for reading the results on another machine."""

TRACKED = "tracked"
"""In the folder of a study: for each run and tracker, whether it is exported there."""
MLFLOW_STORE, MLFLOW_ARTIFACTS, WANDB, TENSORBOARD = "mlflow.db", "mlartifacts", "wandb", "tensorboard"
"""Beside the studies: what trackers hold of all of them, unless it is elsewhere."""

MANIFEST, CARD = "manifest.json", "dataset.json"
"""Files that are written last: MANIFEST into the folder of a dataset's raw files, CARD into that of its arrays."""

INTERIM_TABLES = ("runs", "windows", "epochs", "trials", "resampled", "timelines", "problems", "probe")
SHARED_TABLES = ("comparison", "statistics")
"""Processed tables that every study has."""
DICTIONARY = "data_dictionary"
NOTEBOOK, PAGE = "analysis.ipynb", "analysis.html"
COLUMN = "_column"
"""Suffix of figures for one column of print; the others are for two columns."""


def raw(study: Path, run: str, file: str = RECORD) -> Path:
    """Return a file that a finished run leaves."""
    return study.joinpath(RAW, run, file)


def work(study: Path, run: str) -> Path:
    """Return the scratch folder that a killed run goes on from; its lock is beside it."""
    return study / WORK / run


def failed(study: Path, run: str) -> Path:
    """Return the folder of a run's failed tries, each in a folder named by its number."""
    return study / FAILED / run


def chosen(study: Path) -> Path:
    """Return the file of the recipes that are chosen from a study's results."""
    return study / CHOSEN


def trial(study: Path, run: str, number: int | str) -> Path:
    """Return the file of a trial that was a job of its own."""
    return study.joinpath(TRIALS_OF_JOBS, run, f"{number}.json")


def tracked(study: Path, run: str, tracker: str) -> Path:
    """Return the file that says whether a run, or the figures of a study, are exported to a tracker."""
    return study.joinpath(TRACKED, run, f"{tracker}.json")


def log(folder: Path, name: str) -> Path:
    """Return the log of a job, in the folder of a study, of results or of data."""
    return folder / LOGS / f"{name}.log"


def processed_tables(study: str) -> tuple[str, ...]:
    """Return the names of a study's processed tables."""
    return (*SHARED_TABLES, *catalogue.STUDIES[study].tables)


def tables(study: Path) -> dict[str, Path]:
    """Return the parquet files of all tables of a study by name."""
    interim = {name: study / INTERIM / f"{name}.parquet" for name in INTERIM_TABLES}
    return interim | {name: study / PROCESSED / f"{name}.parquet" for name in processed_tables(study.name)}


def figure(study: Path, name: str, kind: str = "png", column: bool = False) -> Path:
    """Return the png or svg file of a figure, for two columns of print or for one."""
    return study / FIGURES / f"{name}{COLUMN if column else ''}.{kind}"


def manifest(source: str, dataset: str) -> Path:
    """Return the manifest of a dataset's raw files."""
    return DATA.joinpath(source, RAW, dataset, MANIFEST)


def card(source: str, dataset: str) -> Path:
    """Return the card of a dataset's prepared arrays."""
    return DATA.joinpath(source, "prepared", dataset, CARD)
