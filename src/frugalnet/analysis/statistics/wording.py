"""Wording of the table of statistics."""

from collections.abc import Iterable

NO_WORSE, NOT_SHOWN = "no worse", "not shown"
"""What the column `equivalence` says."""
Label = tuple[str, str]
"""Method and variant."""


def name(label: Label) -> str:
    """Return a method with its variant, in words."""
    return label[0] if label[1] == "default" else " ".join(label)


def p_text(p: float) -> str:
    """Return a p-value to three digits, or that it is below one in a thousand."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def joined(parts: Iterable[object]) -> str | None:
    """Join the remarks that are text, each once; None where there is none."""
    return "; ".join(dict.fromkeys(part for part in parts if isinstance(part, str))) or None


def counted(number: int, what: str) -> str:
    """Return a number of things: `1 seed`, `2 seeds`."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")
