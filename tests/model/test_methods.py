"""What pruning and its controls make of a trained model."""

import numpy as np
import pytest

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.config.whole import Config
from frugalnet.energy import Ledger
from frugalnet.methods import Job
from frugalnet.methods.pruning import pruning
from frugalnet.methods.random_masks import random_masks
from frugalnet.methods.scratch import scratch
from frugalnet.pruning import compact
from frugalnet.recipes.distillation import soft_targets
from frugalnet.recipes.training import compile_model, evaluate
from frugalnet.studies.compression.sheet import run_sheet


def job(data, tmp_path, method, start, **settings):
    """Return a job on a trained model, with the settings of pruning in a variant."""
    name = data.name
    config = Config.model_validate(
        {
            "compression": {
                "datasets": [name],
                "variants": [settings],
                "pruning": {"epochs": 2, "update_steps": 3},
                "per_dataset": {name: {"recipe": {"epochs": 3, "batch_size": 16, "scaling": "standard"}}},
            }
        }
    )
    run = next(run for run in run_sheet(config) if (run.dataset, run.method) == (name, method))
    return Job(run, data, start, Ledger([]), tmp_path)


def done(method, job):
    with job.ledger:
        return method(job)


def network(data):
    keras.utils.set_random_seed(0)
    x = data.train.x
    name = "softmax_big" if data.n_classes else "housing_mlp"
    return networks.build(name, keras.layers.Rescaling(1 / 255), x.shape[1:], x.dtype.name, data.n_classes)


def test_pruned_units_are_those_that_compaction_takes_out(digits, tmp_path):
    made = done(pruning, job(digits, tmp_path, "pruning", network(digits), granularity="unit", sparsity=0.75))
    small = compact(made.model)
    assert [small.get_layer(name).units for name in ("dense1", "dense2", "output")] == [132, 32, 10]
    assert np.asarray(small(digits.test.x)) == pytest.approx(np.asarray(made.model(digits.test.x)), abs=1e-5)


def test_random_masks_drop_as_many_units_but_others(digits, tmp_path):
    settings = {"granularity": "unit", "sparsity": 0.5}
    chosen = [
        done(method, job(digits, tmp_path, name, network(digits), **settings)).model.get_layer("dense1").kernel.numpy()
        for method, name in ((pruning, "pruning"), (random_masks, "random"))
    ]
    dropped = [(kernel == 0).all(axis=0) for kernel in chosen]
    assert [gone.sum() for gone in dropped] == [264, 264]
    assert (dropped[0] != dropped[1]).sum() > 100


def test_scratch_trains_the_compacted_shape_from_new_weights_for_all_the_epochs(digits, tmp_path):
    parent = done(pruning, job(digits, tmp_path, "pruning", network(digits), granularity="unit", sparsity=0.75)).model
    before = compact(parent).get_weights()
    made = done(scratch, job(digits, tmp_path, "scratch", parent, granularity="unit", sparsity=0.75))
    assert [weights.shape for weights in made.model.get_weights()] == [weights.shape for weights in before]
    assert len(made.epochs) == 3 + 2
    assert np.abs(made.model.get_weights()[0] - before[0]).max() > 0.01
    assert all(np.count_nonzero(weights) == weights.size for weights in made.model.get_weights()[::2])


def test_soft_targets_are_labels_and_predictions_mixed(digits):
    teacher = network(digits)
    labels, predictions = np.eye(10)[digits.train.y], teacher.predict(digits.train.x, verbose=0)
    assert soft_targets(teacher, digits, 0.25, 1, 16) == pytest.approx(0.75 * labels + 0.25 * predictions, abs=1e-6)


def test_temperature_softens_the_predictions_but_keeps_their_order(digits):
    teacher = network(digits)
    sharp, soft = (soft_targets(teacher, digits, 1.0, temperature, 16) for temperature in (1, 4))
    assert soft.sum(axis=1) == pytest.approx(np.ones(160), abs=1e-5)
    assert (soft.max(axis=1) < sharp.max(axis=1)).all()
    assert (soft.argmax(axis=1) == sharp.argmax(axis=1)).all()


def test_soft_targets_of_a_regression_are_numbers(houses):
    teacher = network(houses)
    predictions = teacher.predict(houses.train.x, verbose=0)[:, 0]
    found = soft_targets(teacher, houses, 0.5, 1, 16)
    assert found == pytest.approx((houses.train.y + predictions) / 2, abs=1e-5)


@pytest.mark.parametrize("dataset", ["digits", "houses"])
def test_distillation_books_the_teacher_and_is_judged_by_the_labels(dataset, request, tmp_path):
    data = request.getfixturevalue(dataset)
    work = job(data, tmp_path, "pruning", network(data), sparsity=0.5, distillation=1.0)
    made = done(pruning, work)
    assert [window.name for window in work.ledger.windows][:3] == ["run", "run/masks", "run/teacher"]
    found = evaluate(made.model, data, work.run.recipe)
    compile_model(made.model, data, work.run.recipe)
    assert found == pytest.approx(evaluate(made.model, data, work.run.recipe), rel=1e-5)


def test_student_learns_what_the_teacher_says_not_what_the_labels_say(digits, tmp_path):
    teacher = network(digits)
    wrong = (digits.train.y + 1) % 10
    teacher.compile("adam", "sparse_categorical_crossentropy")
    teacher.fit(digits.train.x, wrong, epochs=6, batch_size=16, verbose=0)
    made = done(pruning, job(digits, tmp_path, "pruning", teacher, sparsity=0.5, distillation=1.0))
    said = np.asarray(made.model(digits.test.x)).argmax(axis=1)
    assert (said == (digits.test.y + 1) % 10).mean() > 0.8
