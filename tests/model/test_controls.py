"""Controls that follow a search, or that have a teacher."""

from dataclasses import replace

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.config.pruning import Pruning
from frugalnet.config.whole import Config
from frugalnet.energy import Ledger
from frugalnet.methods import Job
from frugalnet.methods.continued import continued
from frugalnet.methods.joint import joint
from frugalnet.methods.joint_random import joint_random
from frugalnet.methods.pruning import pruning
from frugalnet.methods.random_masks import random_masks
from frugalnet.methods.scratch import scratch
from frugalnet.pruning import compact
from frugalnet.recipes.training import compile_model, evaluate, scores_of
from frugalnet.record import paths
from frugalnet.record.rows import write_csv
from frugalnet.record.scores import read_scores, write_scores
from frugalnet.studies.compression.sheet import run_sheet
from tests.model.test_methods import done, job, network


@pytest.fixture
def misled(digits):
    """Return a teacher that takes each class for the next one."""
    teacher = network(digits)
    teacher.compile("adam", "sparse_categorical_crossentropy")
    teacher.fit(digits.train.x, (digits.train.y + 1) % 10, epochs=8, batch_size=16, verbose=0)
    return teacher


def share_misled(model, digits):
    return (np.asarray(model(digits.test.x)).argmax(axis=1) == (digits.test.y + 1) % 10).mean()


def test_shape_from_new_weights_learns_from_the_teacher_that_its_row_names(digits, misled, tmp_path):
    variant = {"granularity": "unit", "sparsity": 0.5, "distillation": 1.0}
    shape = done(pruning, job(digits, tmp_path, "pruning", network(digits), granularity="unit", sparsity=0.5)).model
    work = replace(job(digits, tmp_path, "scratch", shape, **variant), teacher=misled)
    assert work.run.teacher == "mnist/baseline/default/seed0"
    work = replace(work, run=work.run.model_copy(update={"recipe": work.run.recipe.model_copy(update={"epochs": 8})}))
    made = done(scratch, work)
    assert share_misled(made.model, digits) > 0.8
    assert "run/teacher" in [window.name for window in work.ledger.windows]


def test_distilled_control_is_trained_on_by_its_own_predictions_and_not_pruned(digits, misled, tmp_path):
    work = job(digits, tmp_path, "continued", misled, sparsity=0.9, distillation=1.0)
    taught = Pruning.model_validate(work.run.pruning.model_dump() | {"distillation": 1.0})
    plain = done(continued, replace(work, start=keras.models.clone_model(misled), ledger=Ledger([]))).model
    made = done(continued, replace(work, run=work.run.model_copy(update={"pruning": taught}))).model
    assert share_misled(made, digits) > 0.8 > share_misled(plain, digits)
    assert all(np.count_nonzero(weights) == weights.size for weights in made.get_weights()[::2])


def test_two_of_each_four_weights_are_drawn_by_chance(digits, tmp_path):
    settings = {"granularity": "2:4", "sparsity": 0.5}
    kernels = [
        done(method, job(digits, tmp_path, name, network(digits), **settings)).model.get_layer("dense1").kernel.numpy()
        for method, name in ((pruning, "pruning"), (random_masks, "random"))
    ]
    kept = [(kernel.T.reshape(-1, 4) != 0).sum(axis=1) for kernel in kernels]
    assert [set(each) for each in kept] == [{2}, {2}]
    assert ((kernels[0] == 0) != (kernels[1] == 0)).mean() > 0.3


def test_control_of_a_search_that_prunes_drops_as_many_units_of_the_same_network_by_chance(digits, tmp_path):
    config = Config.model_validate(
        {
            "compression": {
                "datasets": ["mnist"],
                "nas": {"tuner": "random", "trials": 3, "epochs": 1, "space": "small"},
                "pruning": {"epochs": 2, "update_steps": 3},
                "per_dataset": {"mnist": {"recipe": {"epochs": 2, "batch_size": 16}}},
            }
        }
    )
    rows = {row.method: row for row in run_sheet(config)}
    with Ledger([]) as ledger:
        searched = joint(Job(rows["joint"], digits, None, ledger, tmp_path))
    write_csv(searched.trials, tmp_path / paths.TRIALS)
    work = Job(rows["joint_random"], digits, searched.model, Ledger([]), tmp_path, parent=tmp_path)
    made = done(joint_random, work)
    assert [layer.name for layer in made.model.layers] == [layer.name for layer in searched.model.layers]
    shapes = [[weights.shape for weights in compact(model).get_weights()] for model in (made.model, searched.model)]
    assert shapes[0] == shapes[1]
    assert [row.epoch for row in made.epochs] == [1, 2, 3, 4]
    assert made.epochs[-1].sparsity == searched.epochs[-1].sparsity


@pytest.mark.parametrize("dataset", ["digits", "houses"])
def test_scores_of_test_samples_have_the_quality_as_their_mean(dataset, request, tmp_path):
    data = request.getfixturevalue(dataset)
    model, recipe = network(data), job(data, tmp_path, "pruning", None, sparsity=0.5).run.recipe
    compile_model(model, data, recipe)
    scores = scores_of(model, data)
    metric = "accuracy" if data.n_classes else "mae"
    assert scores.shape == data.test.y.shape
    assert scores.mean() == pytest.approx(evaluate(model, data, recipe)[f"test_{metric}"], rel=1e-5)
    write_scores(scores, tmp_path / paths.TEST_SCORES)
    assert read_scores(tmp_path / paths.TEST_SCORES).mean() == pytest.approx(scores.mean(), rel=1 / (32 * 40))
