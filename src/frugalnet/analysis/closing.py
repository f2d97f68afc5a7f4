"""Whether the ledger of a record closes: a window's energy is that of the windows directly inside it plus its gap."""

from collections import defaultdict

from frugalnet.record.record import Record, WindowEntry


def ledger_difference_uj(rec: Record) -> int | None:
    """Return by how many microjoules, at most, a window's energy differs from what is in it; 0: the ledger closes.

    None where that cannot be told: no energy is known, or a window inside another has no known energy, or the window
    around it is missing.
    """
    entries = {(window.device, window.name): window for window in rec.windows}
    inside = defaultdict[tuple[str | None, str], list[WindowEntry]](list)
    for window in rec.windows:
        if window.parent is not None:
            inside[window.device, window.parent].append(window)
    differences, whole = set[int](), inside.keys() <= entries.keys()
    for key, window in entries.items():
        if window.energy_uj is None or window.gap_uj is None:
            continue
        parts_uj = [each.energy_uj for each in inside[key]]
        if None in parts_uj:
            whole = False
        else:
            differences.add(abs(window.energy_uj - window.gap_uj - sum(part or 0 for part in parts_uj)))
    largest_uj = max(differences, default=None)
    return largest_uj if whole or largest_uj else None
