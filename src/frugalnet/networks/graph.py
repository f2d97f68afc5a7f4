"""A model as a flat list of calls: nested models are unrolled, and a layer that is called twice gives two calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keras.src.models.functional import Functional
from keras.src.ops.symbolic_arguments import SymbolicArguments

from frugalnet.backend import keras
from frugalnet.errors import FrugalNetError


@dataclass(frozen=True)
class Call:
    """One call of a layer or of an operation like `x + y`; tensors are identified by numbers.

    `arguments` holds the arguments as Keras keeps them; `numbers` maps the `id` of each symbolic tensor in them to its number.
    """

    layer: keras.Operation
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    arguments: SymbolicArguments
    numbers: Mapping[int, int]
    training: bool | None = None
    """Training mode in which the enclosing nested model was called, if one was given."""

    def fill_in(self, tensors: Mapping[int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of the call, with its tensors taken from `tensors` by number."""
        args, kwargs = self.arguments.fill_in({key: tensors[number] for key, number in self.numbers.items()})
        if self.training is not None and getattr(self.layer, "_call_has_training_arg", False):
            kwargs = {"training": self.training} | kwargs
        return args, kwargs


@dataclass
class Graph:
    """The calls of a model in the order of execution; the batch comes first in shapes, as None."""

    calls: list[Call] = field(default_factory=list)
    shapes: list[tuple[int | None, ...]] = field(default_factory=list)
    dtypes: list[str] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    @property
    def layers(self) -> list[keras.Operation]:
        """Return the called layers and operations, each once, in the order of their first calls."""
        return list({id(call.layer): call.layer for call in self.calls}.values())

    def add(self, tensor: keras.KerasTensor) -> int:
        """Give a tensor a number."""
        self.shapes.append(tuple(tensor.shape))
        self.dtypes.append(keras.backend.standardize_dtype(tensor.dtype))
        return len(self.shapes) - 1


def trace(model: keras.Model) -> Graph:
    """Return the graph of a Sequential or functional model; raises FrugalNetError for one that has none."""
    functional = functional_of(model)
    if functional is None:
        raise FrugalNetError(
            f"{model.name} ({type(model).__name__}) has no graph of layers: expected a built Sequential or functional "
            "Keras 3 model"
        )
    graph = Graph()
    graph.inputs = [graph.add(tensor) for tensor in functional.inputs]
    graph.outputs = _unroll(functional, graph.inputs, graph, None)
    return graph


def functional_of(model: keras.Operation) -> Functional | None:
    """Return the graph that a model runs; None if it has a `call` of its own."""
    if isinstance(model, keras.Sequential):
        return model._functional if type(model).call is keras.Sequential.call else None
    return model if isinstance(model, Functional) and type(model).call is Functional.call else None


def _unroll(functional: Functional, inputs: Sequence[int], graph: Graph, training: bool | None) -> list[int]:
    """Add the calls of a model, given the numbers of its inputs; return the numbers of its outputs."""
    numbers = dict(zip(map(id, functional.inputs), inputs, strict=True))
    for depth in sorted(functional._nodes_by_depth, reverse=True):
        for node in functional._nodes_by_depth[depth]:
            if node.is_input or any(id(tensor) not in numbers for tensor in node.input_tensors):
                continue
            taken = {id(tensor): numbers[id(tensor)] for tensor in node.input_tensors}
            own = tuple(numbers[id(tensor)] for tensor in node.input_tensors)
            inner = _nested(node, [graph.shapes[number] for number in own], [graph.dtypes[number] for number in own])
            if inner is not None:
                mode = node.arguments.kwargs.get("training")
                made = _unroll(inner, own, graph, training if mode is None else mode)
            else:
                made = [graph.add(tensor) for tensor in node.outputs]
                graph.calls.append(Call(node.operation, own, tuple(made), node.arguments, taken, training))
            numbers |= zip(map(id, node.outputs), made, strict=True)
    return [numbers[id(tensor)] for tensor in functional.outputs]


def _nested(node: Any, shapes: list[tuple[int | None, ...]], dtypes: list[str]) -> Functional | None:
    """Return the model that a node calls, if it can be unrolled: called with inputs as built, and not in training mode."""
    inner, arguments = functional_of(node.operation), node.arguments
    named = {
        key for key, value in arguments.kwargs.items() if any(part is not None for part in keras.tree.flatten(value))
    }
    if inner is None or len(arguments.args) != 1 or named - {"training"} or arguments.kwargs.get("training"):
        return None
    given = keras.tree.flatten(arguments.args[0]) if len(inner.inputs) == 1 else arguments.args[0]
    expected = inner.inputs if len(inner.inputs) == 1 else inner._inputs_struct
    try:
        keras.tree.assert_same_structure(given, expected)
    except (ValueError, TypeError):
        return None
    same = [
        len(tensor.shape) == len(shape) and keras.backend.standardize_dtype(tensor.dtype) == dtype
        for tensor, shape, dtype in zip(inner.inputs, shapes, dtypes, strict=True)
    ]
    return inner if all(same) else None
