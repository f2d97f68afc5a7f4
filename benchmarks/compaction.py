"""What compaction saves in latency: dense, masked and compacted networks, and as the limit one built dense in the small shape.

    python benchmarks/compaction.py [--rounds 40] [--dead 0.75]

The networks for MNIST and CIFAR-10 have the same fraction of dead units in each hidden layer (made, not trained). They
run at batch 1 and at a large batch, on constant tensors through tf.function, as in `frugalnet.measure.inference`. A
round calls each of them for a moment, in a rotating order, and takes the median wall time of its calls. Ratios are
medians over rounds, with 95 % intervals: `ratio_to_limit` is compacted over limit, `speedup` dense over compacted,
`masked_to_dense` the effect of zeros alone, `aa` the limit over itself. Each case (network and batch) has its own keys;
keys without a case are the geometric mean over the cases, round by round. The last line is one JSON object.
"""

import argparse
import json
import time
from itertools import pairwise

import numpy as np
from _alone import alone
from _pairs import Cost, interval, take_turns

from frugalnet import backend, networks
from frugalnet.backend import keras, tf
from frugalnet.pruning import compact
from frugalnet.recipes.scaling import scaling_layer

SHAPES = {"softmax_big": (28, 28), "cifar_cnn": (32, 32, 3)}
BATCHES = (1, 1024)
SPAN_S, CALLS = 0.05, 2
"""How long one network is called in a round, and the least number of calls."""
WIDTHS = {"Dense": "units", "Conv2D": "filters"}

Ratios = dict[str, np.ndarray]
"""One value for each round."""


def network(name: str) -> keras.Model:
    """Return a network with new weights, and with biases that are not zero, as after a training."""
    model = networks.build(name, scaling_layer("unit", np.zeros(0)), SHAPES[name], "uint8", 10)
    draw = np.random.default_rng(0)
    for layer in with_kernel(model):
        layer.bias.assign(draw.normal(0, 0.1, layer.bias.shape))
    return model


def with_kernel(model: keras.Model) -> list[keras.Layer]:
    """Return the layers that have units; the last one is the output."""
    return [layer for layer in model.layers if type(layer).__name__ in WIDTHS]


def masked(dense: keras.Model, dead: float) -> keras.Model:
    """Return a copy in which a fraction of each hidden layer's units is zero, with biases and weights that use them."""
    model = keras.models.clone_model(dense)
    model.set_weights(dense.get_weights())
    draw = np.random.default_rng(1)
    layers = with_kernel(model)
    for layer, after in pairwise(layers):
        width = layer.bias.shape[0]
        gone = draw.permutation(width)[: round(width * dead)]
        (kernel, bias), (taking, other) = layer.get_weights(), after.get_weights()
        kernel[..., gone] = bias[gone] = 0
        taking.reshape(-1, width, taking.shape[-1])[:, gone] = 0  # channels are the last axis that Flatten joins
        layer.set_weights([kernel, bias])
        after.set_weights([taking, other])
    return model


def limit(dense: keras.Model, dead: float) -> keras.Model:
    """Return a new network like the dense one, but with only the units that stay."""
    hidden = {layer.name for layer in with_kernel(dense)[:-1]}

    def smaller(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if layer.name in hidden:
            width = WIDTHS[type(layer).__name__]
            config[width] -= round(config[width] * dead)
        return type(layer).from_config(config)

    return keras.models.clone_model(dense, clone_function=smaller)


def latency(model: keras.Model, samples: np.ndarray) -> Cost:
    """Return a function that calls the traced model for a moment, and returns the median seconds of a call."""
    constant = tf.constant(samples)
    compiled = tf.function(lambda x: model(x, training=False))

    def cost() -> float:
        durations_s: list[float] = []
        begin_s = end_s = time.perf_counter()
        while len(durations_s) < CALLS or end_s - begin_s < SPAN_S:
            start_s = time.perf_counter()
            compiled(constant)
            backend.synchronize()
            end_s = time.perf_counter()
            durations_s.append(end_s - start_s)
        return float(np.median(durations_s))

    cost()  # tracing
    return cost


def measured(models: dict[str, keras.Model], samples: np.ndarray, rounds: int) -> tuple[Ratios, dict[str, float]]:
    """Return the ratios of one case, and the median latency of each model in milliseconds."""
    own, costs = take_turns(
        latency(models["limit"], samples),
        {name: latency(model, samples) for name, model in models.items() if name != "limit"},
        rounds,
    )
    ratios = {
        "ratio_to_limit": costs["compacted"] / own.mean(1),
        "speedup": costs["dense"] / costs["compacted"],
        "masked_to_dense": costs["masked"] / costs["dense"],
        "aa": own[:, 1] / own[:, 0],
    }
    return ratios, {f"{name}_ms": 1000 * float(np.median(cost_s)) for name, cost_s in {**costs, "limit": own}.items()}


def main(rounds: int, dead: float) -> dict[str, float]:
    """Measure every case, and return the keys of all cases and of their geometric mean."""
    cases: list[Ratios] = []
    details: dict[str, float] = {}
    for name, shape in SHAPES.items():
        dense = network(name)
        zeroed = masked(dense, dead)
        models = {"dense": dense, "masked": zeroed, "compacted": compact(zeroed), "limit": limit(dense, dead)}
        details |= {f"{name}_{kind}_parameters": model.count_params() for kind, model in models.items()}
        samples = np.random.default_rng(2).integers(0, 256, (max(BATCHES), *shape), "uint8")
        expected, found = (models[kind].predict_on_batch(samples) for kind in ("masked", "compacted"))
        details[f"{name}_error"] = float(abs(found - expected).max())
        for batch in BATCHES:
            ratios, latencies_ms = measured(models, samples[:batch], rounds)
            cases.append(ratios)
            details |= {f"{name}_batch{batch}_{key}": value for key, value in latencies_ms.items()}
            for key, values in ratios.items():
                details |= interval(values, f"{name}_batch{batch}_{key}")
    whole = {key: np.exp(np.mean([np.log(ratios[key]) for ratios in cases], axis=0)) for key in cases[0]}
    return {key: value for name, values in whole.items() for key, value in interval(values, name).items()} | details


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="rounds over all networks (default 40)")
    parser.add_argument(
        "--dead", type=float, default=0.75, help="fraction of dead units in each hidden layer (default 0.75)"
    )
    options = parser.parse_args()
    alone()
    backend.configure(threads=2, seed=0)
    print(json.dumps(main(options.rounds, options.dead) | vars(options)))
