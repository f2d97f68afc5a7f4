"""What the page on the techniques study says of its factors: from the defaults of the configuration."""

from recipes import table

from frugalnet.config.levels import text
from frugalnet.config.techniques import FACTORS

GROUPS = {"preprocessing": "pre-processing", "model": "model"}


def factors() -> str:
    """Return the table of the factors: group, off and on level, all levels, and what each sets if it is not a key of its name."""
    rows = [
        (
            f"`{name}`" + (f" (`{factor.key}`)" if factor.key else ""),
            GROUPS[factor.group],
            f"`{text(factor.off)}`",
            f"`{text(factor.on)}`",
            ", ".join(f"`{text(level)}`" for level in factor.levels),
        )
        for name, factor in FACTORS.items()
        if factor is not None
    ]
    return table(("factor", "group", "off", "on", "levels"), rows)
