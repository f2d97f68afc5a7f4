"""The study `techniques`: which choices of a training are varied, at which levels, and how often."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from frugalnet import catalogue
from frugalnet.config.fitting import check_recipe
from frugalnet.config.levels import NAME, given_settings, name_of
from frugalnet.config.networks import NETWORK, unfit_network
from frugalnet.config.recipe import Recipe
from frugalnet.config.section import MOST_SEEDS, DatasetName, Section, WrongValueError, anything, beside, unknown
from frugalnet.config.starting import unfit_start
from frugalnet.config.varied import KEYS, OF_LEVELS, Factor, check_name

COPY = Path("techniques/runs.tsv")
"""The run sheet in a folder of results."""


def _preprocessing(off: Any, on: Any, levels: list[Any]) -> Factor:
    return Factor(off=off, on=on, levels=levels, group="preprocessing")


FACTORS: dict[str, Factor | None] = {
    "scaling": _preprocessing("unit", "standard", ["none", "standard", "robust", "min_max"]),
    "augmentation": _preprocessing("none", "random", ["none", "random", "mixup", "cutmix"]),
    "split": _preprocessing("80-10-10", "60-20-20", ["60-20-20", "70-15-15", "80-10-10", "90-5-5"]),
    "precision": Factor(off="float32", on="mixed_float16", levels=["float16", "float32", "float64", "mixed_float16"]),
    "batch_size": Factor(off=32, on=128, levels=[4, 32, 64, 128]),
    "learning_rate": Factor(off=0.0008, on=0.01, levels=[0.01, 0.00015, 0.0008, 0.00625]),
    "schedule": Factor(off="constant", on="cosine", levels=["constant", "exponential", "polynomial", "cosine"]),
    "momentum": Factor(key="optimizer.momentum", off=0, on=0.9, levels=[0, 0.5, 0.9, 0.99]),
    "optimizer": Factor(off="sgd", on="adamw", levels=["rmsprop", "sgd", "adam", "adamw"]),
    "internal": Factor(
        off="none", on="jit", levels=["none", "quantization_aware", "post_training_quantization", "jit"]
    ),
}
"""What the study varies."""


class Score(Section):
    """Weights of the efficiency score 20 log10(quality^q / (energy^e inference^i)), as in NetScore (Wong 2018, arXiv 1806.05512)."""

    quality: float = Field(2.0, ge=0, le=1000)
    """Weight of the quality."""
    energy: float = Field(0.5, ge=0, le=1000)
    """Weight of the energy of the training."""
    inference: float = Field(0.5, ge=0, le=1000)
    """Weight of the time of an inference."""

    @model_validator(mode="after")
    def _weighs_something(self) -> "Score":
        if not any(self.model_dump().values()):
            raise WrongValueError("quality", self.quality, "no weight is above zero; expected one at least")
        return self


Values = list[Annotated[float, Field(gt=0, le=1e15)]] | None


class Techniques(Section):
    """The run sheet of the study `techniques`: base cases, and runs whose levels are drawn at random."""

    dataset: DatasetName = "cifar10"
    """The dataset."""
    network: NETWORK = "resnet50"
    """The network: a name, or a mapping of `name`, `stem` and `width`, as the network of a dataset."""
    recipe: Recipe = Recipe(epochs=20)
    """What all runs have in common."""
    factors: dict[str, Factor | None] = Field(FACTORS)
    """What is varied: a name adds a factor or changes keys of one of these; null leaves it out."""
    n: int = Field(100, ge=0, le=100_000)
    """Number of runs whose levels are drawn."""
    draw: int = Field(0, ge=0, le=10**9)
    """Seed of the draw."""
    sheet: str | None = anything("path")
    """Own runs in place of drawn ones: a file of tab-separated values with the columns `run` and all factors, or a `runs.tsv` of a study."""
    seeds: int = Field(1, ge=1, le=MOST_SEEDS)
    """Repetitions of the base cases and of the best configurations."""
    epochs_of_best: int | None = Field(None, ge=1, le=100_000)
    """Epochs of the best configurations; null: those of `recipe`."""
    interactions: list[list[str]] = Field([])
    """Pairs of factors whose interaction is estimated."""
    score: Score = Score()
    _copy: str | None = PrivateAttr(None)
    at_quality: Values = Field(None, min_length=1, max_length=20)
    """Qualities for which the energy to reach them is read off the epochs; null: those of `all-off` at its end, and some below."""
    at_energy_j: Values = Field(None, min_length=1, max_length=20)
    """Energies of training, in J, at which the quality is read off the epochs; null: that of `all-off`, and parts of it."""

    @field_validator("factors", mode="before")
    @classmethod
    def _beside_the_usual_ones(cls, factors: Any) -> Any:
        for name, given in factors.items() if isinstance(factors, Mapping) else ():
            check_name(name, given, FACTORS)
        return beside(FACTORS, factors)

    @model_validator(mode="after")
    def _is_complete(self) -> "Techniques":
        if told := unfit_network(self.network, self.dataset):
            raise WrongValueError("network", self.network, told)
        if not self.varied:
            raise WrongValueError("factors", {}, "leaves nothing to vary; expected one factor at least")
        setting: dict[str, str] = {}
        for name, factor in self.varied.items():
            self._check_key(name, factor, setting)
        for name, factor in self.varied.items():
            self._check_levels(name, factor)
        self._check_values()
        for number, pair in enumerate(self.interactions):
            if strange := [name for name in pair if name not in self.varied]:
                raise WrongValueError(f"interactions.{number}", pair, unknown("factor", strange[0], self.varied))
            if len(set(pair)) != 2 or len(pair) != 2:
                raise WrongValueError(f"interactions.{number}", pair, "expected two factors")
            if any(set(pair) == set(other) for other in self.interactions[:number]):
                raise WrongValueError(f"interactions.{number}", pair, "is there twice; expected each pair once")
        return self

    def _check_values(self) -> None:
        """Raise ValueError for qualities and energies that are asked for twice, and for an accuracy that none can have."""
        for key in ("at_quality", "at_energy_j"):
            values = getattr(self, key) or []
            if len(set(values)) < len(values):
                raise WrongValueError(key, values, "has a value twice; expected each once")
        is_share = catalogue.DATASETS[self.dataset].metric == "accuracy"
        if is_share and (above := [value for value in self.at_quality or [] if value > 1]):
            raise WrongValueError("at_quality", above[0], "expected an accuracy, which is 1 at most")

    @property
    def varied(self) -> dict[str, Factor]:
        """Return the factors by name, without those that are left out."""
        return {name: factor for name, factor in self.factors.items() if factor is not None}

    def _check_key(self, name: str, factor: Factor, setting: dict[str, str]) -> None:
        """Raise ValueError for a factor that sets nothing, or what something else sets; `setting` has factors by their keys."""
        key, place = factor.key or name, f"factors.{name}" + (".key" if factor.key else "")
        if key not in KEYS:
            raise WrongValueError(place, key, unknown("key of a recipe", key, KEYS))
        if (other := setting.setdefault(key, name)) != name:
            raise WrongValueError(place, key, f"the factor {other} sets it too; expected one factor")
        if key in self._set_for_all:
            told = f"the factor {name} sets it too; expected it there alone"
            raise WrongValueError(f"recipe.{key}", getattr(self.recipe, key), told)
        of, _, own = key.partition(".")
        if own:
            self._check_setting(name, of, own)

    @property
    def _set_for_all(self) -> set[str]:
        """Return the keys of the recipe that were set, and not left as this study has them."""
        return self.recipe.model_fields_set if "recipe" in self.model_fields_set else set()

    def _check_setting(self, name: str, of: str, own: str) -> None:
        """Raise ValueError for a value of a key that has the setting, as {name: sgd, momentum: 0.9}, which a factor sets."""
        levels = {
            f"factors.{other}.{place}": level
            for other, factor in self.varied.items()
            if (factor.key or other) == of
            for place, level in factor.places.items()
        }
        for place, value in {f"recipe.{of}": getattr(self.recipe, of), **levels}.items():
            if own in given_settings(value):
                raise WrongValueError(place, value, f"the factor {name} sets {own} too; expected it there alone")

    def _check_levels(self, name: str, factor: Factor) -> None:
        """Raise ValueError for a level that key, dataset or network do not take, and for one that is there twice."""
        off = {other: each.off for other, each in self.varied.items()}
        of, _, own = (factor.key or name).partition(".")
        if own:  # with a level that has the setting
            having = next(
                level for level in OF_LEVELS[f"{of}.{own}"] if own in OF_LEVELS[f"{of}.{own}"][level].settings
            )
            off |= {other: having for other, each in self.varied.items() if (each.key or other) == of}
        found: dict[str, Any] = {}
        for place, level in factor.places.items():
            try:
                recipe, _ = self.recipe_of(off | {name: level})
            except WrongValueError as wrong:
                raise self._at_fault(wrong, name, place, level) from None
            found[place] = getattr(recipe, of)
        if found.pop("off") == found.pop("on"):
            raise WrongValueError(f"factors.{name}.on", factor.on, "expected another level than off")
        values = list(found.values())
        for number, value in enumerate(values):
            if value in values[:number]:
                place = f"factors.{name}.levels.{number}"
                raise WrongValueError(place, factor.levels[number], "is there twice; expected each level once")

    def _at_fault(self, wrong: WrongValueError, name: str, place: str, level: Any) -> WrongValueError:
        """Return the error of a recipe in which a factor is at a level, at the place of what is wrong in it."""
        key = wrong.key.partition(".")[0]
        if key in self._set_for_all:
            return WrongValueError(f"recipe.{wrong.key}", wrong.value, wrong.expected)
        other = next((each for each, factor in self.varied.items() if (factor.key or each) == key), name)
        if place == "off" and other != name:  # all factors are off
            return WrongValueError(f"factors.{other}.off", self.varied[other].off, wrong.expected)
        return WrongValueError(f"factors.{name}.{place}", level, wrong.expected)

    def recipe_of(self, levels: Mapping[str, Any]) -> tuple[Recipe, list[str]]:
        """Return the recipe of a combination of levels by factor, and the factors that have no effect in it.

        A setting has none where the level of its key does not have it, as momentum in Adam. Raises WrongValueError for
        levels that the recipe, the dataset or the network does not take together.
        """
        keys = {factor.key or name: name for name, factor in self.varied.items()}
        values = self.recipe.model_dump(exclude_unset=True)
        values |= {key: levels[name] for key, name in keys.items() if key not in OF_LEVELS}
        idle = []
        for key in [key for key in keys if key in OF_LEVELS]:
            of, _, setting = key.partition(".")
            value = values.get(of, Recipe.model_fields[of].default)
            is_named = not isinstance(value, Mapping) or NAME in value
            level = OF_LEVELS[key].get(name_of(value)) if is_named else None
            if level and setting in level.settings:
                values[of] = {NAME: name_of(value), **given_settings(value), setting: levels[keys[key]]}
            else:
                idle.append(keys[key])
        try:
            recipe = Recipe.model_validate(values)
        except ValidationError as error:
            raise WrongValueError.first(error) from None
        check_recipe(recipe, self.dataset, self.network, {"recipe.epochs": recipe.epochs})
        return recipe, idle

    @property
    def choosing(self) -> dict[str, Any]:
        """Return the keys, with their values, that decide which recipes are chosen from results."""
        keys = {"dataset", "network", "recipe", "factors", "score", "epochs_of_best"}
        return self.model_dump(mode="json", include=keys, exclude_unset=True)

    @property
    def sheet_file(self) -> Path | None:
        """Return the file with own runs, or the copy of it that results keep."""
        return Path(self._copy or self.sheet) if self.sheet else None

    def with_copies(self, results: Path) -> "Techniques":
        """Return this section reading its own sheet from the run sheet in a folder of results; the key keeps its value."""
        found = self.model_copy()
        found._copy = str(results / COPY)
        return found

    def check_files(self) -> None:
        """Raise ValueError for a file that is missing here, or has weights that do not fit."""
        off = {name: factor.off for name, factor in self.varied.items()}
        recipe, _ = self.recipe_of(off)
        if told := unfit_start(recipe, self.dataset, self.network):
            raise self._at_fault(WrongValueError("weights", recipe.weights, told), "weights", "off", recipe.weights)
        varying = {name: each for name, each in self.varied.items() if (each.key or name) in ("weights", "resize")}
        for name, factor in varying.items():
            for place, level in factor.places.items():
                recipe, _ = self.recipe_of(off | {name: level})
                if told := unfit_start(recipe, self.dataset, self.network):
                    raise WrongValueError(f"factors.{name}.{place}", level, told)
        if self.sheet and not Path(self.sheet).is_file():
            raise WrongValueError("sheet", self.sheet, f"no such file; expected one, with its path from {Path.cwd()}")
