"""Training samples on disk: the same trainings as with samples in memory, of which nothing is kept."""

import subprocess
import sys

import numpy as np
import pytest

from frugalnet.backend import keras, tf
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.batches import batches
from frugalnet.recipes.distillation import targets
from frugalnet.recipes.input import Stored, with_input
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.split import split
from frugalnet.recipes.training import evaluate
from tests.model.made_fits import tiny_network, trained


@pytest.fixture
def prepared(tmp_path):
    """Return a function that writes made data as prepared ones, their parts mixed, and opens them."""

    def write(made):
        parts = {name: getattr(made, name) for name in ("train", "validation", "test")}
        x, y = (np.concatenate([getattr(part, axis) for part in parts.values()]) for axis in "xy")
        place = np.random.default_rng(3).permutation(len(x))  # of each sample in the files
        np.save(tmp_path / "x.npy", x[np.argsort(place)])
        np.save(tmp_path / "y.npy", y[np.argsort(place)])
        ends = np.cumsum([len(part.y) for part in parts.values()])
        for name, index in zip(parts, np.split(place, ends[:-1]), strict=True):
            np.save(tmp_path / f"{name}.npy", np.sort(index))
        return Data(tmp_path, made.card)

    return write


def outcome(data, recipe, epochs=2, scaling="unit"):
    """Return the weights, the losses and the final qualities of a training."""
    model, rows = trained(data, recipe, epochs, scaling=scaling)
    losses = [(row.loss, row.validation_loss, row.batch_size) for row in rows]
    return model.get_weights(), losses, evaluate(model, data, recipe)


def assert_same(memory, disk):
    for a, b in zip(memory[0], disk[0], strict=True):
        assert np.array_equal(a, b)
    assert memory[1:] == disk[1:]


@pytest.mark.parametrize(
    "recipe",
    [
        {"batch_size": 16, "steps_per_execution": 3},  # no smaller batch at the end
        {"augmentation": ["random", "mixup"], "label_smoothing": 0.1},
        {"batch_growth": 2, "augmentation": "random"},
        {"internal": "jit"},
        {"devices": 2, "batch_size": 20},
    ],
    ids=lambda recipe: " ".join(recipe),
)
def test_training_is_the_same_as_with_samples_in_memory(digits, prepared, recipe):
    data, recipe = prepared(digits), Recipe(**{"batch_size": 24, "steps_per_execution": 1} | recipe)
    assert_same(outcome(data, recipe), outcome(with_input(data, "disk"), recipe))


@pytest.mark.parametrize("growing", [False, True])
def test_training_on_rows_is_the_same_as_with_rows_in_memory(houses, prepared, growing):
    data, recipe = prepared(houses), Recipe(batch_size=24, batch_growth=2 if growing else None)
    assert_same(outcome(data, recipe), outcome(with_input(data, "disk"), recipe))


def test_training_on_another_split_is_the_same_as_in_memory(digits, prepared):
    data, recipe = split(prepared(digits), "60-20-20"), Recipe(batch_size=25)
    assert len(data.train.x) == 144
    assert_same(outcome(data, recipe), outcome(with_input(data, "disk"), recipe))


def test_changes_in_the_training_step_get_the_same_batches_and_seeds(digits, prepared):
    data = prepared(digits)
    found = []
    for part in (data.train, with_input(data, "disk").train):
        keras.utils.set_random_seed(5)
        made = batches(part.x, part.y, 50, [lambda x, y, seeds: (x, y)], in_step=True)
        found.append([[np.asarray(each) for each in (x, y, seed)] for _ in range(2) for (x, y), seed in made])
    memory, disk = found
    assert [len(x) for x, _, _ in disk] == [50, 50, 50, 10] * 2
    assert all(
        np.array_equal(a, b) for one, other in zip(memory, disk, strict=True) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("kind", ["standard", "robust", "min_max"])
@pytest.mark.parametrize("made", ["digits", "houses"])
def test_scaling_is_fitted_on_all_samples_in_pieces(made, prepared, kind, request, monkeypatch):
    monkeypatch.setattr("frugalnet.recipes.input.PIECE_BYTES", 7000)
    data = prepared(request.getfixturevalue(made))
    memory, disk = (scaling_layer(kind, part.x) for part in (data.train, with_input(data, "disk").train))
    assert disk.scale == pytest.approx(memory.scale, rel=1e-12)
    assert disk.offset == pytest.approx(memory.offset, rel=1e-12)


def test_teacher_predicts_from_samples_on_disk(digits, prepared):
    data, pruning = prepared(digits), Pruning(distillation=0.5, temperature=2.0)
    with Ledger([]) as ledger:
        memory, disk = (
            targets(tiny_network(each), each, pruning, 24, ledger) for each in (data, with_input(data, "disk"))
        )
    assert np.array_equal(memory, disk)


def test_samples_are_indexed_as_in_memory(digits, prepared):
    data = prepared(digits)
    memory, disk = data.train.x, with_input(data, "disk").train.x
    assert isinstance(disk, Stored)
    assert (disk.dtype, disk.shape, disk.ndim, len(disk)) == (np.uint8, (160, 28, 28), 3, 160)
    for wanted in (slice(None, 1), slice(None, None, 7), slice(0, 0), np.array([3, 4, 5, 159, 0, 3])):
        assert np.array_equal(disk[wanted], memory[wanted])


def test_other_parts_are_read_once(digits, prepared):
    data = prepared(digits)
    disk = with_input(data, "disk")
    assert disk.validation is data.validation and disk.test is data.test
    assert np.array_equal(disk.train.y, data.train.y)
    assert with_input(data, "memory") is data


def test_file_that_became_shorter_ends_the_training(digits, prepared):
    data = with_input(prepared(digits), "disk")
    x, _, file = data.train.x, data.validation, data.folder / "x.npy"
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(FrugalNetError, match=r"x\.npy: ends before sample 239; expected it unchanged"):
        x[:]
    with pytest.raises(tf.errors.OpError, match="ends before sample 239"):
        trained(data, Recipe(batch_size=24), 1)


def test_file_that_is_not_written_sample_by_sample_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((6, 5), order="F"))
    with pytest.raises(FrugalNetError, match="is not written sample by sample"):
        Stored(tmp_path / "x.npy", np.arange(3))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the largest resident memory of the process from /proc")
def test_what_was_read_does_not_stay_in_memory(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((50_000, 4096), "uint8"))
    code = (
        "import re, sys; from pathlib import Path; import numpy as np\n"
        "from frugalnet.recipes.input import Stored\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) / 1024\n"
        "x, before = Stored(Path(sys.argv[1]), np.arange(50_000)), peak()\n"
        "order = np.random.default_rng(0).permutation(50_000)\n"
        "total = sum(int(x[order[at : at + 100]].sum()) for at in range(0, 50_000, 100))\n"
        "print(total, peak() - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "x.npy"], capture_output=True, text=True, check=True)
    total, more_mib = done.stdout.split()
    assert int(total) == 50_000 * 4096  # 195 MiB were read
    assert float(more_mib) < 20
