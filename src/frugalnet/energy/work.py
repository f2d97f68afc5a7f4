"""Find the GPUs that did any work: in a total, the energy of idle ones would hide that of the others."""

import numpy as np

from frugalnet.energy.booking import between, book
from frugalnet.energy.ledger import Ledger
from frugalnet.energy.timeline import Timeline

SIGMAS = 2
"""A net energy of at most this many sigmas counts as zero."""
DRIFT = 0.01
"""A net energy of at most this share of the gross energy counts as zero too: the power of an idle card drifts."""


def worked(ledger: Ledger, timeline: Timeline) -> bool | None:
    """Tell whether a device did any work in the run so far; None if that is not known.

    It did if any reading shows it busy. If some readings have no utilization, it did if its net energy is above zero. If neither
    its readings show it busy nor its energy is known, the answer is None.
    """
    if not ledger.windows or not len(timeline):
        return None
    root = ledger.windows[0]
    end_s = timeline.time_s[-1] - timeline.device.power_averaging_s if root.end_s is None else root.end_s
    idle = ledger.idle(timeline)
    found = book(
        timeline,
        np.array([root.start_s]),
        np.array([end_s]),
        np.array([-1]),
        between(idle.get("before"), idle.get("after")),
    )
    time_s = timeline.column("time_s")
    busy = timeline.column("utilization")[(time_s >= root.start_s) & (time_s <= end_s)]
    if np.any(busy > 0):
        return True
    if not found.known[0]:
        return None
    if len(busy) and not np.isnan(busy).any():
        return False
    if found.net_uj is None:
        return None
    least_uj = max(SIGMAS * 1e6 * found.u_stat_j[0], DRIFT * found.energy_uj[0])
    return bool(found.net_uj[0] > least_uj)


def left_out(ledger: Ledger) -> set[str]:
    """Return the names of the GPUs that totals leave out: those that did no work so far, if another GPU may have done some."""
    if sum(each.device.scope == "gpu" for each in ledger.timelines) < 2:
        return set()
    goes_on = bool(ledger.windows) and ledger.windows[0].end_s is None
    timelines = ledger.timelines_so_far() if goes_on else ledger.timelines
    cards = {each.device.name: worked(ledger, each) for each in timelines if each.device.scope == "gpu"}
    idle = {name for name, work in cards.items() if work is False}
    return idle if len(idle) < len(cards) else set()
