"""Cost of models of all kinds: inputs by name, frozen, in half precision, with a call of their own, or no model at all."""

import logging

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.errors import FrugalNetError
from frugalnet.measure import cost
from frugalnet.measure.size import count_parameters
from tests.model.test_networks import built

layers = keras.layers
pytestmark = pytest.mark.usefixtures("without_tflite")


def by_name(dtype="float32", nested=False):
    """Return a model whose inputs have names, the last half of its hidden units dead, and samples for it."""
    keras.utils.set_random_seed(0)
    numbers, flags = keras.Input((4,), name="numbers"), keras.Input((6,), name="flags")
    hidden = layers.Dense(64, "relu", name="hidden", dtype=dtype)(layers.Concatenate()([numbers, flags]))
    inputs = {"numbers": [numbers], "all": {"flags": flags}} if nested else {"numbers": numbers, "flags": flags}
    model = keras.Model(inputs, layers.Dense(3, dtype=dtype)(hidden))
    kernel, bias = model.get_layer("hidden").get_weights()
    kernel[:, 32:] = 0
    model.get_layer("hidden").set_weights([kernel, bias])
    generator = np.random.default_rng(0)
    return model, {
        name: generator.standard_normal((9, size), "float32") for name, size in (("numbers", 4), ("flags", 6))
    }


@pytest.mark.parametrize("nested", [False, True])
def test_inputs_may_be_a_dict_or_nested(nested):
    found = cost(by_name(nested=nested)[0], memory=False)
    assert (found["macs"], found["macs_compacted"]) == (64 * 13, 32 * 13)
    assert 0 <= found["compaction_error"] <= 1e-6


def test_samples_are_given_by_name_where_inputs_have_names():
    model, samples = by_name()
    assert 0 <= cost(model, samples=samples, memory=False)["compaction_error"] <= 1e-6


class Doubling(keras.Model):
    """A model that does something of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(3)

    def call(self, x):
        return 2 * self.dense(x)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "NoneType has no cost: expected a built Keras 3 model"),
        (layers.Dense(3), "Dense has no cost: expected a built Keras 3 model"),
        (keras.Sequential([layers.Dense(3)], name="bare"), r"bare \(Sequential\) is not built: expected"),
        (Doubling(name="own"), r"own \(Doubling\) is not built: expected"),
    ],
)
def test_what_is_no_built_model_is_refused(given, said):
    with pytest.raises(FrugalNetError, match=said):
        cost(given)


def test_model_with_a_call_of_its_own_has_a_row_with_what_is_known(caplog):
    model = Doubling(name="own")
    model(np.ones((2, 4), "float32"))
    with caplog.at_level(logging.WARNING):
        found = cost(model)
    assert (found["parameters"], found["parameters_nonzero"], found["weight_bytes"]) == (15, 12, 4 * 15)
    unknown = ("parameters_compacted", "macs", "activation_bytes", "host_peak_inference_mib", "compaction_error")
    assert [found[name] for name in unknown] == [None] * 5
    assert "own: no samples are made for inputs that are not known" in caplog.text


def test_frozen_parameters_are_parameters():
    model, _ = by_name()
    model.trainable = False
    found = cost(model, memory=False)
    assert (found["parameters"], found["parameters_compacted"]) == (64 * 14 + 3, 32 * 14 + 3)
    assert found["parameters_nonzero"] == 32 * 10 + 64 * 3


def test_statistics_counters_and_seeds_are_no_parameters_and_shared_ones_count_once():
    inputs, shared = keras.Input((4,)), layers.Dense(4)
    seeded = layers.Dropout(0.5)(layers.BatchNormalization()(shared(shared(inputs))))
    model = keras.Model(inputs, keras.Sequential([layers.Dense(2)])(seeded))
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    assert count_parameters(model) == (4 * 4 + 4) + 2 * 4 + (4 * 2 + 2)


class Tied(layers.Layer):
    """A layer with the weights of another one."""

    def __init__(self, other):
        super().__init__()
        self.kernel = other.kernel

    def call(self, x):
        return keras.ops.matmul(x, keras.ops.transpose(self.kernel))


def test_weights_that_two_layers_have_count_once():
    inputs, first = keras.Input((4,)), layers.Dense(3, use_bias=False)
    hidden = first(inputs)
    assert count_parameters(keras.Model(inputs, Tied(first)(hidden))) == 4 * 3


@pytest.mark.parametrize(("name", "parameters"), [("softmax_big", 483_482), ("sat6_convnet", 184_454)])
def test_parameters_of_the_networks_frozen_or_not(name, parameters):
    model = built(name)
    assert count_parameters(model) == parameters
    model.trainable = False
    assert count_parameters(model) == parameters


@pytest.mark.parametrize(("dtype", "warned"), [("float32", True), ("mixed_float16", False), ("mixed_bfloat16", False)])
def test_rounding_of_the_type_that_layers_compute_in_is_no_error(dtype, warned, caplog):
    (model, samples), (other, _) = by_name(dtype), by_name(dtype)
    other.layers[-1].set_weights([1.001 * weight for weight in model.layers[-1].get_weights()])
    with caplog.at_level(logging.WARNING):
        error = cost(model, samples=samples, memory=False, compacted=other)["compaction_error"]
    assert 0 < error < 0.02
    assert ("compaction changed the outputs" in caplog.text) == warned
