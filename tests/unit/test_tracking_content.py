"""What is exported of a run: as its record says, with how each number is known, and without what is not known."""

from dataclasses import replace

import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.record.rows import Epoch, Trial, write_csv
from frugalnet.tracking.content import content_of, source_of_figures, source_of_run
from tests.unit.conftest import lacking, leave, made_record, sign, without_model

EPOCH_UJ = (5_000_000, 3_000_000, None)
TRIAL = Trial(
    trial=1, status="complete", objective=0.5, quality=0.9, parameters=10, parameters_compacted=10, macs=9, macs_compacted=9,
    latency_ms=None, latency_ratio=None, train_energy_j=2.0, energy_j=3.0, duration_s=1.0, epochs=1, batch_size=32, winner=True,
    window="run/train", hyperparameters="{}", parts="{}", reason=None,
)  # fmt: skip


@pytest.fixture
def of(tmp_path):
    """Return a function that gives what is exported of a record, with other files beside it."""

    def content(rec, epochs=(), trials=(), artifacts=()):
        study = tmp_path / "compression"
        path = paths.raw(study, rec.run.id)
        leave(rec, path.parent)
        if epochs:
            write_csv(epochs, path.with_name(paths.EPOCHS))
        if trials:
            write_csv(trials, path.with_name(paths.TRIALS))
        sign(rec, path.parent)
        return content_of(source_of_run(study, path, artifacts))

    return content


def with_epochs(rec, energies_uj=EPOCH_UJ):
    """Return the record with a window per epoch, each with a validation inside."""
    last = rec.windows[3]
    added = [
        window
        for number, energy_uj in enumerate(energies_uj, 1)
        for window in (
            last.model_copy(update={"name": f"run/train/epoch{number}", "start_s": 2.0 + number, "end_s": 3.0 + number, "energy_uj": energy_uj}),
            last.model_copy(update={"name": f"run/train/epoch{number}/validation", "parent": f"run/train/epoch{number}", "energy_uj": 1}),
        )
    ]  # fmt: skip
    return rec.model_copy(update={"windows": [*rec.windows[:3], *added, *rec.windows[4:]]})


def epoch(number, loss=0.5, **changes):
    return Epoch(f"run/train/epoch{number}", number, loss, 0.8, 0.6, 0.7, None, **changes)


def curves(content):
    return {curve.name: (list(curve.steps), list(curve.values)) for curve in content.curves}


def test_parameters_are_those_of_the_row_in_their_short_form(of):
    found = of(made_record(method="pruning")).parameters
    assert found["dataset"] == "mnist" and found["method"] == "pruning" and found["seed"] == 0
    assert found["recipe.optimizer"] == "adam" and found["pruning.sparsity"] == 0.9
    assert "recipe.precision" not in found and "recipe.internal" not in found  # they have no effect
    assert None not in found.values()


def test_final_numbers_say_beside_them_how_they_are_known(of):
    content = of(made_record(train_uj=5_000_000))
    assert content.numbers["quality/test_quality"] == 0.97
    assert content.numbers["energy/train_energy_j"] == 5.0
    assert content.numbers["time/train_duration_s"] == 10.0
    assert content.numbers["size/parameters_compacted"] == 500
    assert content.numbers["inference/latency_batch1_ms"] == 1.0
    known = content.known
    assert (known["energy_source"], known["energy_scope"], known["data_level"]) == ("estimated", "cpu", "sample")
    assert known["record_sha256"] and known["git_dirty"] == "false" and known["status"] == "complete"


def test_energy_that_is_not_known_is_left_out_and_never_0(of):
    content = of(made_record(train_uj=None), [epoch(1)])
    assert not [name for name in content.numbers if name.startswith("energy/train_energy")]
    assert "by_epoch/energy_j" not in curves(content) and "by_epoch/energy_cumulative_j" not in curves(content)
    assert content.known["energy_reason"] == "meter estimate: away"
    assert curves(content)["by_epoch/loss"] == ([1], [0.5])


def test_curves_have_a_point_per_epoch_with_joules_up_to_there(of):
    found = curves(of(with_epochs(made_record()), [epoch(1), epoch(2), epoch(3)]))
    assert found["by_epoch/validation_quality"] == ([1, 2, 3], [0.7, 0.7, 0.7])
    assert found["by_epoch/duration_s"] == ([1, 2, 3], [1.0, 1.0, 1.0])
    assert found["by_epoch/energy_j"] == ([1, 2], [5.0, 3.0])
    assert found["by_epoch/energy_cumulative_j"] == ([1, 2], [5.0, 8.0])  # from an unknown epoch on, no sum is known
    assert "by_epoch/sparsity" not in found and "by_epoch/batch_size" not in found


def test_point_whose_window_is_not_known_has_no_time_and_is_left_out(of):
    trial = replace(TRIAL, trial=2, window="run/train/trial2")
    content = of(with_epochs(made_record(method="nas")), [epoch(1), epoch(2), epoch(4)], [TRIAL, trial])
    assert curves(content)["by_epoch/loss"] == ([1, 2], [0.5, 0.5])
    assert curves(content)["by_trial/objective"] == ([1], [0.5])
    assert all(when_s > 0 for curve in content.curves for when_s in curve.times_s)


def test_batch_size_is_a_curve_where_it_grows(of):
    found = curves(of(with_epochs(made_record()), [epoch(1, batch_size=32), epoch(2, batch_size=64)]))
    assert found["by_epoch/batch_size"] == ([1, 2], [32.0, 64.0])


def test_points_that_are_not_finite_are_left_out(of):
    lost = without_model(with_epochs(made_record()))
    content = of(lost, [epoch(1), epoch(2, loss=float("nan")), epoch(3, loss=float("inf"))])
    assert curves(content)["by_epoch/loss"] == ([1], [0.5])
    assert not content.complete and content.known["error"] == "the training diverged"
    assert "quality/test_quality" not in content.numbers and content.numbers["energy/train_energy_j"] == 5.0


def test_run_that_measured_nothing_has_parameters_and_a_reason(of):
    lost = without_model(made_record(method="continued"))
    content = of(lacking(made_record(method="nas"), lost))
    assert content.curves == [] and content.status == "diverged"
    assert "nothing was measured" in content.known["energy_reason"]
    assert content.started == content.ended


def test_search_has_a_curve_over_its_trials(of):
    found = of(made_record(method="nas"), trials=[TRIAL])
    assert curves(found)["by_trial/objective"] == ([1], [0.5]) and "by_trial/latency_ms" not in curves(found)
    assert found.parameters["nas.tuner"] == "greedy"


def test_model_is_sent_only_if_it_is_asked_for_and_changes_the_mark(of):
    without, with_model = of(made_record()), of(made_record(), artifacts=("model",))
    assert dict(without.files) == {} and list(with_model.files) == [paths.MODEL]
    assert without.mark != with_model.mark


def test_damaged_run_is_not_exported(tmp_path):
    study = tmp_path / "compression"
    rec = made_record()
    path = paths.raw(study, rec.run.id)
    leave(rec, path.parent)
    path.with_name(paths.EPOCHS).write_text("torn")
    with pytest.raises(FrugalNetError, match=r"epochs.csv is torn or was edited"):
        content_of(source_of_run(study, path, ()))


def test_figures_of_a_study_are_one_thing_to_export(tmp_path):
    picture = tmp_path / "compression" / "figures" / "pareto.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"a picture")
    source = source_of_figures(tmp_path / "compression", [picture])
    assert source.key == "compression/figures"
    assert content_of(source).files == {"pareto.png": picture}
    picture.write_bytes(b"another")
    assert source_of_figures(tmp_path / "compression", [picture]).mark != source.mark
