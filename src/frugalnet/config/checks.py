"""What happens to raw files that are damaged or do not belong together."""

from typing import Literal

from frugalnet.config.section import Section


class Checks(Section):
    """What happens to raw files that are damaged or do not belong together: `refuse` makes no tables, `warn` makes them and says so in the summary."""

    damaged: Literal["refuse", "warn"] = "refuse"
    """Raw files that are missing, torn or edited; `warn` leaves their runs out."""
    duplicates: Literal["refuse", "warn"] = "refuse"
    """Two records of the same run; `warn` leaves out the one that is not in the run's own folder."""
    mixed_data: Literal["refuse", "warn"] = "warn"
    """Runs on made sample data beside runs on other data."""
    mixed_code: Literal["refuse", "warn"] = "warn"
    """Runs with unequal versions of methods, recipes, networks or packages, or with unequal commits."""
