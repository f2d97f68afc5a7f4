"""What a model costs: its size, its operations, its memory, its inference, and the machine that says so."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from frugalnet.measure.costs import cost

__all__ = ["cost"]


def __getattr__(name: str) -> Any:
    """Load `cost` when it is first asked for (PEP 562): it needs TensorFlow, which parsing the workflow does not load."""
    if name != "cost":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from frugalnet.measure.costs import cost

    return cost
