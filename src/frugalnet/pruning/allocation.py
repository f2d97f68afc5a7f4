"""How the sparsity is spread over the layers: which candidates compete, and how many are dropped."""

import math
from collections.abc import Sequence

import numpy as np

from frugalnet.backend import tf
from frugalnet.config.pruning import Pruning
from frugalnet.errors import FrugalNetError
from frugalnet.pruning.scores import Candidates


class Pool:
    """The candidates of some layers, which compete with each other; those with the smallest scores are dropped first."""

    def __init__(self, layers: Sequence[int], shape: tuple[int, ...], sparsity: float) -> None:
        self.layers = layers
        self.sparsity = sparsity
        self.scores, self.mask = (tf.Variable(tf.ones(shape), trainable=False) for _ in range(2))
        self.threshold = tf.Variable(0.0, trainable=False)

    def rank(self, scores: Sequence[np.ndarray]) -> None:
        """Take the scores of all layers; where several layers compete, the best candidate of each is never dropped."""
        own = [scores[number] for number in self.layers]
        self.scores.assign(own[0] if len(own) == 1 else np.concatenate([_best_stays(each) for each in own]))

    def kept(self, scores: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return what stays in each of its layers, in the shape of the layer's scores."""
        sizes = np.cumsum([scores[number].size for number in self.layers])[:-1]
        parts = np.split(self.mask.numpy().ravel(), sizes)
        return [part.reshape(scores[number].shape) for number, part in zip(self.layers, parts, strict=True)]


def _best_stays(scores: np.ndarray) -> np.ndarray:
    flat = scores.ravel().copy()
    flat[flat.argmax()] = np.inf
    return flat


def pools(candidates: Candidates, pruning: Pruning) -> list[Pool]:
    """Return the pools that `pruning.allocation` asks for; raises FrugalNetError for a sparsity that would empty a layer."""
    shapes = [scores.shape for scores in candidates.scores()]
    if pruning.granularity == "2:4":
        _check_2_of_4(candidates.names, shapes)
    if pruning.allocation == "global":
        size = sum(math.prod(shape) for shape in shapes)
        return [Pool(range(len(shapes)), (size,), pruning.sparsity)]
    spread = pruning.allocation == "spread"
    sparsities = spread_by_size(shapes, pruning.sparsity) if spread else [pruning.sparsity] * len(shapes)
    for name, shape, sparsity in zip(candidates.names, shapes, sparsities, strict=True):
        size = math.prod(shape)
        if round(size * (1 - sparsity)) < 1:
            raise FrugalNetError(
                f"pruning.sparsity: {pruning.sparsity} would leave nothing of {name}, which has {size} to prune; "
                f"expected less, or {name.split(' + ')[0]} in pruning.exclude"
            )
    return [Pool([number], shape, sparsities[number]) for number, shape in enumerate(shapes)]


def spread_by_size(shapes: Sequence[tuple[int, ...]], sparsity: float) -> list[float]:
    """Return the sparsity of each layer so that large layers lose more, and all together as much as asked for.

    Weights: densities are as those of an Erdos-Renyi graph, (sum of the kernel's sides) / (their product) (Mocanu et
    al. 2018; with the sides of filters, Evci et al. 2020). Units: one over the root of their number, so that a layer
    with four times the units keeps twice as many. Layers that would keep more than they have keep everything.
    """
    sizes = np.array([math.prod(shape) for shape in shapes], float)
    share = np.array([sum(shape) / math.prod(shape) if len(shape) > 1 else 1 / math.sqrt(shape[0]) for shape in shapes])
    full = np.zeros(len(shapes), bool)
    while True:
        left = (1 - sparsity) * sizes.sum() - sizes[full].sum()
        density = np.where(full, 1, left * share / (share * sizes)[~full].sum() if not full.all() else 1)
        if (density <= 1).all():
            return [float(1 - value) for value in density]
        full |= density > 1


def _check_2_of_4(names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> None:
    for name, shape in zip(names, shapes, strict=True):
        if len(shape) not in (2, 4) or shape[-2] % 4:
            raise FrugalNetError(
                f"pruning.granularity: {name}, with a kernel of {'x'.join(map(str, shape))}, cannot have 2:4 sparsity; expected "
                "a dense or two-dimensional kernel whose number of inputs is a multiple of 4. Name it in pruning.exclude"
            )
