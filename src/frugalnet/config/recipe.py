"""How a network is trained."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from frugalnet.catalogue import recipes
from frugalnet.config.factors import FACTORS
from frugalnet.config.levels import NAME, check_setting, number_of, one_of, settings_of, several_of
from frugalnet.config.section import TINY, Section, WrongValueError, anything
from frugalnet.config.shown import some
from frugalnet.config.weights import FILES, IMAGENET, PARENT

SHORT = ("momentum", "weight_decay")
"""Settings of the optimizer that may stand beside it."""
SHORT_FORMS = {
    name: {
        "anyOf": [{"type": "number", "minimum": about.low, "maximum": about.high}, {"type": "null"}],
        "default": None,
        "description": f"The setting `{name}` of the optimizer; null: what the optimizer has.",
    }
    for name in SHORT
    for about in [recipes.OPTIMIZERS["sgd"].settings[name]]
}
Split = Literal["official", "60-20-20", "70-15-15", "80-10-10", "90-5-5"]
Input = Literal["memory", "disk"]
Precision = Literal["float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"]


class Recipe(Section):
    """How a network is trained. A key that has no effect leaves no trace in the row of a run."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema["properties"].update(SHORT_FORMS))

    epochs: int = Field(5, ge=1, le=100_000)
    """Passes over the training part."""
    batch_size: int = Field(128, ge=1, le=10**7)
    """Samples per optimizer step."""
    optimizer: one_of("optimizer", recipes.OPTIMIZERS) = "adam"  # type: ignore[valid-type]
    """Keras optimizer, with its defaults except for the learning rate and what the mapping form sets."""
    learning_rate: float = Field(0.001, ge=TINY, le=1000)
    """Step size of the optimizer, at the start if there is a `schedule`."""
    schedule: one_of("schedule", recipes.SCHEDULES, "constant") = "constant"  # type: ignore[valid-type]
    """How the learning rate changes over a training."""
    input: Input = "memory"
    """Where the training samples lie: in `memory`, or on `disk`, from which each batch is read when it is due."""
    scaling: one_of("scaling", recipes.SCALINGS, "none") = "unit"  # type: ignore[valid-type]
    """First layer of the network, fitted on the training part: `unit` divides bytes by 255, `standard` gives each feature mean 0 and standard deviation 1, `robust` median 0 and interquartile range 1, `min_max` the range 0 to 1; `fixed` has a mean and deviation of its own; `none` leaves the samples as they are."""
    resize: number_of("resize", recipes.RESIZE) = None  # type: ignore[valid-type]
    """Size of the images inside of the network: a number of pixels to which they are resized (bilinear), or `to` and the `crop` at their centre that is used; null: as they are."""
    augmentation: several_of("augmentation", recipes.AUGMENTATIONS) = ()  # type: ignore[valid-type]
    """Random changes of the training images, in this order: `random` (crop, flip, colour jitter, erasing), `mixup`, `cutmix`."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of the labels that is spread over all classes (Szegedy et al. 2016)."""
    precision: Precision = "float32"
    """Types of numbers, as Keras' dtype policy: `mixed_...` computes in 16 bits and keeps the weights in float32; float16 has loss scaling where it is mixed."""
    batch_growth: number_of("batch_growth", recipes.BATCH_GROWTH) = None  # type: ignore[valid-type]
    """Factor by which the batch size grows at intervals of epochs, as far as memory allows (Smith et al. 2018); null: it stays."""
    split: Split = "official"
    """Parts of the data: `official`, or percentages of all samples for training, validation and test, drawn once and the same for every run."""
    early_stopping: number_of("early_stopping", recipes.EARLY_STOPPING) = None  # type: ignore[valid-type]
    """Epochs without a lower validation loss after which a training ends, with the weights of its best epoch; null: it trains all epochs."""
    test_time: int = Field(0, ge=0, le=64)
    """Mirrored and shifted copies of each image whose predictions are averaged with its own; quality and inference are those of the average."""
    layer_groups: FACTORS = None
    """Learning rates of layers: a factor per layer from the output back, or factors by names or patterns of names (`{'stage1*': 0.1}`; 0 freezes); null: one rate."""
    weights: str | None = anything("path")
    """Weights that the baseline starts from: a file of Keras (`.keras` or `.weights.h5`), or `imagenet` for those that Keras downloads for `{name: resnet50, stem: imagenet}`; null: new ones. All layers but the output layer must fit."""
    devices: int = Field(1, ge=1, le=64)
    """Devices that share each batch (`tf.distribute.MirroredStrategy`)."""
    internal: one_of("internal", recipes.INTERNALS, "none") = "none"  # type: ignore[valid-type]
    """What is done inside: `jit` compiles the training step with XLA; `quantization_aware` trains with weights and activations rounded as in int8; `post_training_quantization` rounds the trained model; both are measured as int8 files of TensorFlow Lite too."""
    steps_per_execution: int = Field(8, ge=1, le=10**6)
    """Optimizer steps per call of the compiled training function; changes the speed, not the result."""

    @field_validator("weights")
    @classmethod
    def _are_those_of_keras(cls, weights: str | None) -> str | None:
        if weights not in (None, IMAGENET, PARENT) and not weights.endswith(FILES):
            raise ValueError(f"expected {IMAGENET}, or a file that ends in {' or '.join(FILES)}")
        return weights

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_versions(cls, values: Any) -> Any:
        """Read `jit: true` of earlier versions as `internal: jit`."""
        if not isinstance(values, dict) or not isinstance(values.get("jit"), bool):
            return values
        rest = {key: value for key, value in values.items() if key != "jit"}
        if values["jit"] and rest.get("internal", "jit") != "jit":
            raise WrongValueError("jit", True, "an earlier name of `internal: jit`; expected one of both")
        return ({"internal": "jit"} if values["jit"] else {}) | rest

    @model_validator(mode="before")
    @classmethod
    def _with_short_forms(cls, values: Any) -> Any:
        """Read `weight_decay` and `momentum` as the settings of the optimizer that they are."""
        if not isinstance(values, dict) or not set(SHORT) & values.keys():
            return values
        short = {key: values[key] for key in SHORT if values.get(key) is not None}
        rest = {key: value for key, value in values.items() if key not in SHORT}
        optimizer = rest.get("optimizer", cls.model_fields["optimizer"].default)
        named = optimizer if isinstance(optimizer, dict) else {NAME: optimizer}
        if named.get(NAME) not in recipes.OPTIMIZERS:
            return rest  # the optimizer is refused
        for key, value in short.items():
            _check_short_form(named[NAME], key, value)
        return rest | ({"optimizer": {**named, **short}} if short else {})

    @model_validator(mode="after")
    def _fits(self) -> "Recipe":
        optimizer: Any = self.optimizer
        given = optimizer if isinstance(optimizer, dict) else {}
        if len(clips := [key for key in recipes.CLIPPING if key in given]) > 1:
            raise WrongValueError("optimizer", optimizer, f"{some(clips)} exclude each other; expected one of them")
        if given.get("nesterov") and not given.get("momentum"):
            raise WrongValueError("optimizer", optimizer, "nesterov without momentum changes nothing; expected both")
        schedule: Any = self.schedule
        at = schedule.get("epochs", []) if isinstance(schedule, dict) else []
        if at != sorted(set(at)):
            raise WrongValueError("schedule", schedule, "expected epochs that rise")
        resize: Any = self.resize
        if resize and (sizes := settings_of(resize, recipes.RESIZE)).get("crop", 0) > sizes["to"]:
            raise WrongValueError("resize", resize, f"crop is larger than to; expected at most {sizes['to']}")
        growth: Any = self.batch_growth
        if growth and self.batch_size >= settings_of(growth, recipes.BATCH_GROWTH).get("most", self.batch_size + 1):
            told = f"most is not above batch_size {self.batch_size}; expected more"
            raise WrongValueError(self.written("batch_growth", "batch_size"), growth, told)
        if self.batch_size % self.devices:
            told = f"devices {self.devices} cannot share batches of {self.batch_size} alike; expected a multiple"
            raise WrongValueError(self.written("batch_size", "devices"), self.batch_size, told)
        return self


def _check_short_form(optimizer: str, key: str, value: Any) -> None:
    setting = recipes.OPTIMIZERS[optimizer].settings.get(key)
    if setting is None:
        having = [name for name, level in recipes.OPTIMIZERS.items() if key in level.settings]
        raise WrongValueError(
            key, value, f"is no setting of {optimizer}; expected one of the optimizers {some(having)}"
        )
    try:
        check_setting(key, value, setting)
    except ValueError as wrong:
        raise WrongValueError(key, value, str(wrong)) from None
