"""Durations, energies and qualities in the words of a line."""

from frugalnet import catalogue

UNKNOWN = "energy not known"


def duration(seconds: float) -> str:
    """Return a duration with two or three digits: `4.2 s`, `48 s`, `12 min`, `3.4 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"


def joules(energy_uj: int) -> str:
    """Return an energy with three digits: `58.1 J`, `1.20 kJ`."""
    energy_j = energy_uj / 1e6
    size, unit = next(
        ((size, unit) for size, unit in ((1e6, "MJ"), (1e3, "kJ")) if energy_j >= 0.9995 * size), (1, "J")
    )
    return f"{energy_j / size:#.3g}".rstrip(".") + f" {unit}"


def quality(dataset: str, value: float, digits: int = 4) -> str:
    """Return a quality on test data: an accuracy in percent, an error as it is."""
    return f"{100 * value:.2f} %" if catalogue.DATASETS[dataset].metric == "accuracy" else f"{value:.{digits}f}"


def count(number: int, what: str) -> str:
    """Return a number of things: `1 run`, `3 runs`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
