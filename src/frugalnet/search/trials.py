"""The mix-in for AutoKeras' tuners: trials that follow the recipe, each in a window of its own, and booked, failed ones too."""

import json
from typing import Any

from autokeras.engine.tuner import AutoTuner
from keras_tuner.engine.trial import TrialStatus

from frugalnet.backend import keras
from frugalnet.energy import Ledger
from frugalnet.measure.size import count_parameters
from frugalnet.recipes.callbacks import EpochWindows, Progress
from frugalnet.recipes.training import fresh_optimizer
from frugalnet.record import Trial
from frugalnet.sections import Nas, Recipe


class BookedTrials:
    """Mix-in for AutoKeras' tuners; `booked` makes the class that AutoKeras is given.

    The tuner is not deep-copied, its callbacks are: so the window's callback is made here, inside the trial.
    """

    ledger: Ledger
    metric: str
    nas: Nas
    recipe: Recipe
    rows: list[Trial]

    def on_trial_begin(self, trial: Any) -> None:
        super().on_trial_begin(trial)  # type: ignore[misc]
        self._watch: EpochWindows | None = None
        self._batch_size: int | None = None
        self._window = self.ledger.open(f"trial{int(trial.trial_id)}")

    def _try_build(self, hp: Any) -> keras.Model:
        """Build a network, to be trained as the recipe says: AutoKeras would vary the optimizer, and use XLA."""
        model = super()._try_build(hp)  # type: ignore[misc]
        model.optimizer = fresh_optimizer(self.recipe)
        model.jit_compile = self.recipe.jit
        model.steps_per_execution = self.recipe.steps_per_execution
        fit = model.fit

        def fit_and_note_batch_size(**kwargs: Any) -> Any:
            self._batch_size = kwargs["batch_size"]  # AutoKeras halves it in silence where memory is too small
            return fit(**kwargs)

        model.fit = fit_and_note_batch_size
        return model

    def _build_and_fit_model(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
        self._watch = EpochWindows(self.ledger, self.metric)
        progress = Progress(f"trial {int(trial.trial_id) + 1}/{self.nas.trials}", self.metric)
        kwargs["callbacks"] = [*kwargs["callbacks"], self._watch, progress]
        return super()._build_and_fit_model(trial, *args, **kwargs)  # type: ignore[misc]

    def on_trial_end(self, trial: Any) -> None:
        self.ledger.close(self._window.name)
        self.rows.append(self._row(trial))
        super().on_trial_end(trial)  # type: ignore[misc]

    def _row(self, trial: Any) -> Trial:
        done = trial.status == TrialStatus.COMPLETED
        metrics = self.oracle.get_trial(trial.trial_id).metrics  # type: ignore[attr-defined]
        quality = metrics.get_best_value(f"val_{self.metric}") if done else None
        model = self._watch.model if self._watch else None
        return Trial(
            trial=int(trial.trial_id),
            status="complete" if done else "failed",
            objective=quality,
            quality=quality,
            parameters=count_parameters(model) if model else None,
            epochs=len(self._watch.rows) if self._watch else 0,
            batch_size=self._batch_size,
            window=self._window.name,
            hyperparameters=json.dumps(trial.hyperparameters.values),
            reason=None if done else (trial.message or "unknown").strip().splitlines()[-1],
        )


def booked(tuner: type[AutoTuner], ledger: Ledger, metric: str, nas: Nas, recipe: Recipe) -> type[AutoTuner]:
    """Return the tuner's class with its trials booked in the ledger; `rows` of the class holds them."""
    attributes = {"ledger": ledger, "metric": metric, "nas": nas, "recipe": recipe, "rows": []}
    return type(tuner.__name__, (BookedTrials, tuner), attributes)
