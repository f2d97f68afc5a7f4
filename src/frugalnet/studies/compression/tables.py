"""The tables of this study beside `comparison` and `statistics`; each argument of a function is another table."""

from frugalnet.analysis.break_even import break_even
from frugalnet.analysis.pareto import pareto
from frugalnet.studies.compression.claims import claims

MEANINGS = {
    "claims": {
        "claim": (None, "Short name of what was reported."),
        "statement": (None, "What was reported."),
        "reading": (
            None,
            "How the report was read, if it can be read in several ways; each reading has a row, and all of them are one claim.",
        ),
        "source": (None, "Where it was reported."),
        "method": (None, "Method whose runs are compared with it."),
        "variant": (None, "Variant of that method; of pruning, the one without loss that has the fewest weights."),
        "quantity": (None, "What was measured, computed from columns of `runs` for each run."),
        "unit": (None, "Unit of the values in the row."),
        "reported": ("`unit`", "Value that was reported."),
        "measured": ("`unit`", "What this study measured: mean over seeds; empty: it has no such runs."),
        "measured_low": ("`unit`", "Lower end of its 95 % interval (Student's t over seeds); empty for one seed."),
        "measured_high": ("`unit`", "Upper end of the same interval."),
        "verdict": (
            None,
            "By the whole interval. reproduced: it is within the tolerance to either side of the reported value, or keeps a reported bound (`over 90 %`); at least as good: it is no worse than that, and partly or wholly better; not reproduced: neither; not comparable: other data, another network, one seed, or not enough reported.",
        ),
        "reason": (None, "Reason of the verdict, how the report was read, and what was assumed."),
    }
}
"""Unit and meaning of columns, by table."""

__all__ = ["MEANINGS", "break_even", "claims", "pareto"]
