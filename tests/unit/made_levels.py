"""Made records of the study `techniques`: runs at levels of three factors."""

from frugalnet.config.whole import Config
from frugalnet.jobs.sheets import run_sheet
from frugalnet.record import record
from tests.unit.conftest import made_record

LEFT_OUT = ("scaling", "augmentation", "split", "precision", "learning_rate", "schedule", "internal")
STUDY = {
    "network": "resnet8",
    "recipe": {"epochs": 2},
    "n": 4,
    "factors": {
        **dict.fromkeys(LEFT_OUT),
        "batch_size": {"levels": [32, 128]},
        "momentum": {"levels": [0, 0.9]},
        "optimizer": {"levels": ["sgd", "adamw"]},
    },
}
CONFIG = Config.model_validate({"techniques": STUDY})
ROWS = {run.id: run for run in run_sheet("techniques", CONFIG)}
"""The base cases, four drawn runs, and the best configurations."""
ALL_OFF, ALL_ON = "cifar10/baseline/all-off/seed0", "cifar10/baseline/all-on/seed0"
BEST_RUN = "cifar10/best/best-run/seed0"
CHOSEN = record.Chosen(
    recipe=ROWS[ALL_ON].recipe, factors=ROWS[ALL_ON].factors, of="all-on", because="all-on has the best score."
)


def record_of(run=ALL_OFF, **changes):
    """Return the record of a run of the study, as a finished run leaves it: 2 s of loading, 10 s of training."""
    return made_record(run=ROWS[run], parents=[], reference=None, **changes)


def best(**changes):
    """Return the record of the best configuration, which is `all-on`."""
    return record_of(BEST_RUN, chosen=CHOSEN, **changes)


def with_cpu(rec, **seconds):
    """Return the record with CPU seconds of windows, by the last step of their path."""
    windows = [each.model_copy(update={"cpu_s": seconds.get(each.name.split("/")[-1])}) for each in rec.windows]
    return rec.model_copy(update={"windows": windows})
