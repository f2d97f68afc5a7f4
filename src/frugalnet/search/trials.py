"""The mix-in for AutoKeras' tuners that opens a window for each trial and books it, failed ones too."""

import json
from typing import Any

from autokeras.engine.tuner import AutoTuner
from keras_tuner.engine.trial import TrialStatus

from frugalnet.energy import Ledger, Window
from frugalnet.recipes.callbacks import EpochWindows, Progress
from frugalnet.record import Trial


class BookedTrials:
    """Mix-in for AutoKeras' tuners; `booked` makes the class that AutoKeras is given.

    The tuner is not deep-copied, its callbacks are: so the window's callback is made here, inside the trial.
    """

    ledger: Ledger
    metric: str
    max_trials_: int
    rows: list[Trial]

    def on_trial_begin(self, trial: Any) -> None:
        super().on_trial_begin(trial)  # type: ignore[misc]
        self._watch: EpochWindows | None = None
        self._batch_size = 0
        self._window = self.ledger.open(f"trial{int(trial.trial_id)}")

    def _build_and_fit_model(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        self._watch = EpochWindows(self.ledger, self.metric)
        self._batch_size = kwargs["batch_size"]
        progress = Progress(f"trial {int(trial.trial_id) + 1}/{self.max_trials_}", self.metric)
        kwargs["callbacks"] = [*kwargs["callbacks"], self._watch, progress]
        return super()._build_and_fit_model(trial, *args, **kwargs)  # type: ignore[misc]

    def on_trial_end(self, trial: Any) -> None:
        self.ledger.close(self._window.name)
        self.rows.append(self._row(trial, self._window))
        super().on_trial_end(trial)  # type: ignore[misc]

    def _row(self, trial: Any, window: Window) -> Trial:
        done = trial.status == TrialStatus.COMPLETED
        known = self.oracle.get_trial(trial.trial_id)  # type: ignore[attr-defined]
        model = self._watch.model if self._watch else None
        quality = known.metrics.get_best_value(f"val_{self.metric}") if done else None
        return Trial(
            trial=int(trial.trial_id),
            status="complete" if done else "failed",
            objective=quality,
            quality=quality,
            parameters=sum(int(variable.value.shape.num_elements()) for variable in model.trainable_variables)
            if model
            else None,
            epochs=len(self._watch.rows) if self._watch else 0,
            batch_size=self._batch_size,
            duration_s=window.duration_s,
            energy_uj=window.energy_uj,
            window=window.name,
            hyperparameters=json.dumps(trial.hyperparameters.values),
            reason=None if done else (trial.message or "unknown").strip().splitlines()[-1],
        )


def booked(tuner: type[AutoTuner], ledger: Ledger, metric: str, trials: int) -> type[AutoTuner]:
    """Return the tuner's class with its trials booked in the ledger; `rows` of the class holds them."""
    return type(
        tuner.__name__, (BookedTrials, tuner), {"ledger": ledger, "metric": metric, "max_trials_": trials, "rows": []}
    )
