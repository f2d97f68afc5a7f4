"""The tables of this study beside `comparison` and `statistics`; each argument of a function is another table."""

from frugalnet.analysis import reported
from frugalnet.analysis.break_even import break_even
from frugalnet.analysis.pareto import pareto
from frugalnet.studies.compression.claims import claims

MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "claims": reported.MEANINGS
    | {
        "variant": (None, "Variant of that method; of pruning, the one without loss that has the fewest weights."),
        "verdict": (
            None,
            "By the whole interval. reproduced: it is within the tolerance to either side of the reported value, or keeps a reported bound (`over 90 %`); at least as good: it is no worse than that, and partly or wholly better; not reproduced: neither; not comparable: other data, another network, one seed, or not enough reported.",
        ),
    }
}
"""Unit and meaning of columns, by table."""

__all__ = ["MEANINGS", "break_even", "claims", "pareto"]
