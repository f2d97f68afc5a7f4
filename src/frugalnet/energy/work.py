"""Which GPUs did any work: those that did none would hide, in a total, the joules of those that did."""

import numpy as np

from frugalnet.energy.booking import between, book
from frugalnet.energy.ledger import Ledger
from frugalnet.energy.timeline import Timeline

SIGMAS = 2
"""A net energy that is at most so many sigmas above zero is none."""
DRIFT = 0.01
"""Nor is one that is at most this part of the gross energy: the power of an idle card drifts."""


def worked(ledger: Ledger, timeline: Timeline) -> bool | None:
    """Tell whether a device did any work in the run, up to now where it goes on; None where that is not known.

    It did where it was busy at any reading. Where its readings do not all tell, it did where its net energy is above zero. Of
    a device whose energy is not known nothing can be said.
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
    """Return the names of the GPUs that totals are without: those that did no work so far, as long as any other is there."""
    if sum(each.device.scope == "gpu" for each in ledger.timelines) < 2:
        return set()
    goes_on = bool(ledger.windows) and ledger.windows[0].end_s is None
    timelines = ledger.timelines_so_far() if goes_on else ledger.timelines
    cards = {each.device.name: worked(ledger, each) for each in timelines if each.device.scope == "gpu"}
    idle = {name for name, work in cards.items() if work is False}
    return idle if len(idle) < len(cards) else set()
