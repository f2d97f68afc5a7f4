"""Compaction of 200 random graphs with random dead units: smaller, ordinary, and the same function."""

import functools
from collections import Counter

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.pruning import compact
from tests.model.made_deaths import layers_of
from tests.model.made_graphs import made_graph, made_graph_with_deaths, outputs_of
from tests.model.made_kinds import kinds_of

SEEDS = range(200)

KINDS = """
Dense features; Dense sequence; Dense image; Dense without bias
Conv1D valid; Conv1D same; Conv1D causal; Conv1D strides; Conv1D dilation; Conv1D groups; Conv1D without bias
Conv2D valid; Conv2D same; Conv2D strides; Conv2D dilation; Conv2D groups; Conv2D without bias
DepthwiseConv2D multiplier 1; DepthwiseConv2D multiplier 2; DepthwiseConv2D valid; DepthwiseConv2D same
DepthwiseConv2D strides; DepthwiseConv2D without bias
SeparableConv2D multiplier 1; SeparableConv2D multiplier 2; SeparableConv2D valid; SeparableConv2D same
SeparableConv2D without bias
BatchNormalization; BatchNormalization without center; BatchNormalization without scale; BatchNormalization other axis
inside relu; inside relu6; inside sigmoid; inside tanh; inside gelu; inside silu; inside elu; inside softmax
inside hard_sigmoid; inside softplus; inside leaky_relu; inside hard_silu; inside linear
Activation relu; Activation relu6; Activation sigmoid; Activation tanh; Activation gelu; Activation silu
Activation hard_sigmoid; Activation softplus
ReLU; LeakyReLU; ELU; PReLU shared over positions; PReLU per position; Softmax
MaxPooling1D valid; MaxPooling1D same; AveragePooling1D valid; AveragePooling1D same
MaxPooling2D valid; MaxPooling2D same; AveragePooling2D valid; AveragePooling2D same; MaxPooling2D strides
Flatten; GlobalAveragePooling1D; GlobalMaxPooling1D; GlobalAveragePooling2D; GlobalMaxPooling2D
GlobalAveragePooling2D keepdims; GlobalMaxPooling2D keepdims
Dropout; SpatialDropout2D; GaussianNoise
Concatenate channels; Concatenate other axis; Add; Multiply; Subtract; Average; Maximum
Multiply gate of each channel; Multiply gate of smaller rank; Multiply gate of all channels
ZeroPadding2D; Cropping2D; UpSampling2D nearest; UpSampling2D bilinear
Rescaling scalar; Rescaling per channel; Normalization scalar; Normalization per channel
Reshape features to a pixel; Reshape features to an image; Reshape image to features; Reshape image to pixels
Reshape rows with merged channels; Reshape split channels
several inputs; several outputs; free size; image output
nested functional; nested Sequential; nested with two outputs; model called twice; layer called twice
Mixed; ShiftedDense; Subclassed; LayerNormalization; Lambda; operator; GetItem; Permute; TimeDistributed; SimpleRNN
CastToFloat32; ExpandLastDim
"""

DEATHS = """
column and bias; column without bias; constant; closed; unused; unused channels through Flatten; chain
gamma; gamma and beta; gamma without beta; depthwise kernel; depthwise kernel of separable; all units dead; all but one dead
"""


@functools.cache
def graph(seed):
    return made_graph_with_deaths(seed)


@functools.cache
def before(seed):
    """Return the outputs and weights of a graph, taken before it is compacted."""
    model, samples, _ = graph(seed)
    return outputs_of(model, samples), model.get_weights()


@functools.cache
def smaller(seed):
    before(seed)
    return compact(graph(seed).model)


def listed(text):
    return {kind.strip() for kind in text.replace("\n", ";").split(";") if kind.strip()}


def weights_without_bias(model):
    """Return the number of weights but biases: folding may give a bias to a layer that had none."""
    return sum(int(np.prod(weight.shape)) for weight in model.weights if not weight.path.endswith("bias"))


def biases_that_folding_may_add(model):
    return sum(
        int(layer.compute_output_spec(node.input_tensors[0]).shape[-1])
        for layer in layers_of(model)
        if getattr(layer, "use_bias", True) is False
        for node in layer._inbound_nodes[:1]
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_random_graph_is_the_same_function_with_no_more_weights(seed):
    model, samples, _ = graph(seed)
    (expected, weights), small = before(seed), smaller(seed)
    for given, wanted in zip(outputs_of(small, samples), expected, strict=True):
        assert given.shape == wanted.shape
        assert np.abs(given - wanted).max() <= 1e-5 * np.abs(wanted).max()
    assert weights_without_bias(small) <= weights_without_bias(model)
    assert small.count_params() <= model.count_params() + biases_that_folding_may_add(model)
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), weights, strict=True))


@pytest.mark.parametrize("seed", SEEDS[::10])
def test_what_was_compacted_can_be_saved_loaded_and_compacted_again(seed, tmp_path):
    samples, small = graph(seed).samples, smaller(seed)
    small.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=False)  # for Lambda, which the source has too
    for given, wanted in zip(outputs_of(loaded, samples), outputs_of(small, samples), strict=True):
        assert np.array_equal(given, wanted)
    assert compact(loaded).count_params() <= small.count_params()
    for now, then in zip(outputs_of(graph(seed).model, samples), before(seed)[0], strict=True):
        assert np.array_equal(now, then)


def test_many_of_the_random_graphs_become_smaller():
    shares = [smaller(seed).count_params() / graph(seed).model.count_params() for seed in SEEDS]
    assert np.mean(np.array(shares) < 0.9) > 0.5


def test_random_graphs_have_every_layer_kind():
    found = Counter(kind for seed in SEEDS for kind in kinds_of(graph(seed).model))
    assert listed(KINDS) - found.keys() == set()


def test_random_graphs_have_every_kind_of_death():
    found = Counter(death for seed in SEEDS for death in graph(seed).deaths)
    assert {death: found[death] for death in listed(DEATHS) if found[death] < 5} == {}


def test_most_random_graphs_depend_on_what_they_are_given():
    depend = [any(np.ptp(output, axis=0).max() > 1e-5 for output in before(seed)[0]) for seed in SEEDS]
    assert sum(depend) >= 140


def test_same_seed_makes_the_same_graph():
    (model, samples), (again, samples_again) = made_graph(7), made_graph(7)
    assert [type(layer) for layer in model.layers] == [type(layer) for layer in again.layers]
    assert all(np.array_equal(one, other) for one, other in zip(samples, samples_again, strict=True))
    weights = zip(model.get_weights(), again.get_weights(), strict=True)
    assert all(np.array_equal(one, other) for one, other in weights)
