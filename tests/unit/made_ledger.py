"""Made windows, trials and timelines of runs, and ways to look at a figure, for tests of figures."""

from itertools import combinations

import numpy as np
import pandas as pd

from frugalnet import catalogue

DATASETS = ("mnist", "california_housing", "cifar10", "sat6")
METHODS = ("baseline", "continued", "pruning", "nas", "nas_continued", "nas_pruning")
NO_TRIALS = pd.DataFrame(columns=["run", "trial", "status", "window"])


def keys(dataset: str, method: str, seed: int = 0, source: str | None = "estimated", scope: str | None = "cpu") -> dict:
    return {
        "run": f"{dataset}/{method}/default/seed{seed}",
        "dataset": dataset,
        "method": method,
        "variant": "default",
        "seed": seed,
        "metric": catalogue.DATASETS[dataset].metric,
        "data_level": "sample",
        "energy_source": source,
        "energy_scope": scope,
    }


def training(epochs: int, epoch_s: float) -> dict:
    """Return the windows of a training: own seconds of each, and what is inside; the first epoch has a first step."""
    inside = {f"epoch{number}": (epoch_s, {"validation": (0.15 * epoch_s, {})}) for number in range(1, epochs + 1)}
    inside["epoch1"][1]["first_step"] = (1.3, {})
    return inside


def plan(method: str, size: float = 1.0) -> dict:
    """Return the windows of a run of a method, as own seconds and what is inside; `size` scales its epochs."""
    search = {f"trial{number}": (1.2, training(3, 0.9 * size)) for number in range(3)}
    return (
        {"load": (0.2, {})}
        | ({"search": (3.5, search)} if method == "nas" else {})
        | ({} if "pruning" in method or "continued" in method else {"build": (0.05, {})})
        | {"train": (0.6, training(8, (0.8 if "pruning" in method else 0.5) * size))}
        | {"inference": (0.1, {"batch1": (1.0, {}), "batch256": (1.0, {})})}
    )


def ledger(
    own_s: float, inside: dict, name: str = "run", start_s: float = 0.0, watts: float = 37.0, **known: float
) -> list[dict]:
    """Return the windows of a run, outermost first; a window's own seconds come before what is inside."""
    rows, now_s = [], start_s + own_s
    for part, (part_s, deeper) in inside.items():
        found = ledger(part_s, deeper, f"{name}/{part}", now_s, watts, **known)
        rows += found
        now_s = found[0]["end_s"]
    energy_uj = round(own_s * watts * 1e6) + sum(row["energy_uj"] for row in rows if row["parent"] == name)
    gap_uj = round(own_s * watts * 1e6)
    row = {"name": name, "parent": name.rpartition("/")[0] or None, "start_s": start_s, "end_s": now_s}
    row |= {
        "energy_uj": energy_uj,
        "gap_uj": gap_uj,
        "energy_net_uj": round(energy_uj - known["idle_w"] * 1e6 * (now_s - start_s)),
    }
    row |= {"u_stat_j": 0.02 * energy_uj / 1e6, "u_idle_j": 0.0, "u_sys_j": None, "gain": None, "counted": True}
    return [row | {"flags": ""}, *rows]


def made_windows(datasets: int = 1, seeds: int = 1, methods: tuple[str, ...] = METHODS, **changes) -> pd.DataFrame:
    """Return made windows on an estimated processor; `changes` are columns that are the same in all rows."""
    about = {"device": "cpu", "scope": "cpu", "source": "estimated"} | changes
    return pd.DataFrame(
        [
            keys(dataset, method, seed) | row | about
            for size, dataset in enumerate(DATASETS[:datasets], 1)
            for method in methods
            for seed in range(seeds)
            for row in ledger(1.2, plan(method, size * (1 + 0.1 * seed)), idle_w=10.0)
        ]
    )


def made_trials(windows: pd.DataFrame, failed: int = 1) -> pd.DataFrame:
    """Return the trials of the windows; the one with the number `failed` did."""
    found = windows[windows["name"].str.fullmatch(r"run/search/trial\d+")]
    number = found["name"].str[-1].astype(int)
    status = np.where(number == failed, "failed", "complete")
    return pd.DataFrame({"run": found["run"], "trial": number, "status": status, "window": found["name"]})


def made_timelines(datasets: int = 1, method: str = "nas", hz: float = 10.0, idle_s: float = 2.0) -> pd.DataFrame:
    """Return made readings of one run per dataset, with idle brackets before and after it."""
    frames = []
    for size, dataset in enumerate(DATASETS[:datasets], 1):
        end_s = ledger(1.2, plan(method, size), idle_w=10.0)[0]["end_s"]
        time_s = np.arange(-idle_s, end_s + idle_s, 1 / hz)
        busy = (time_s > 0) & (time_s < end_s)
        power = np.where(busy, 37 + 6 * np.sin(1.7 * time_s) + 3 * np.sin(11 * time_s), 10.0)
        energy_uj = np.concatenate([[0], np.cumsum(power[1:] * 1e6 / hz)]).round().astype(int)
        rows = {"device": "cpu", "scope": "cpu", "source": "estimated", "time_s": time_s, "power_w": power}
        frames.append(pd.DataFrame(keys(dataset, method) | rows | {"energy_uj": energy_uj}))
    return pd.concat(frames, ignore_index=True)


def words(figure) -> str:
    """Return all text on a figure, lines joined."""
    texts = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return " | ".join(" ".join(text.get_text().split()) for text in texts if text.get_text())


def labels(figure) -> set[str]:
    """Return the texts of the legend."""
    return {text.get_text() for legend in figure.legends for text in legend.get_texts()}


def few_windows(*rows: tuple, **changes) -> pd.DataFrame:
    """Return windows of one NAS run from names and energies in microjoules; gaps are left to the ledger."""
    common = {"start_s": 0.0, "end_s": 1.0, "device": "cpu", "scope": "cpu", "source": "estimated", "flags": ""}
    common |= {"gap_uj": np.nan, "energy_net_uj": np.nan, "u_stat_j": np.nan, "u_sys_j": np.nan, "gain": np.nan}
    common |= {"counted": True} | changes
    named = [{"name": name, "parent": name.rpartition("/")[0] or None, "energy_uj": energy} for name, energy in rows]
    return pd.DataFrame([keys("mnist", "nas") | common | row for row in named])


NAS = keys("mnist", "nas")["run"]


def measured_tables(datasets: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return timelines and windows of runs on two GPUs and an estimated processor, with flags."""
    windows = made_windows(datasets, 1, source="measured", device="GPU-1", scope="gpu", u_sys_j=5.0)
    windows["flags"] = np.where(windows["name"].str.endswith("epoch2"), "other_processes: 1; throttled: power", "")
    parts = [
        windows,
        windows.assign(device="GPU-2"),
        windows.assign(device="cpu", scope="cpu", source="estimated", flags=""),
    ]
    readings = made_timelines(datasets)
    measured = readings.assign(device="GPU-1", scope="gpu", source="measured", power_w=2.5 * readings["power_w"])
    lines = [measured, measured.assign(device="GPU-2", power_w=0.8 * measured["power_w"]), readings]
    about = {"energy_source": "measured", "energy_scope": "gpu"}
    return pd.concat(lines).assign(**about), pd.concat(parts).assign(**about)


def heading(axes) -> str:
    """Return the title of a panel, which stands in the middle or at the left."""
    return axes.get_title() or axes.get_title("left")


def drawn_ticks(axes) -> list:
    """Return the labels of the ticks that are inside the limits of a panel; others exist too, but are not drawn."""
    ends = zip((axes.xaxis, axes.yaxis), (axes.get_xlim(), axes.get_ylim()), strict=True)
    return [
        tick.label1
        for axis, limits in ends
        for tick in axis.get_major_ticks()
        if min(limits) <= tick.get_loc() <= max(limits)
    ]


def check_layout(figure, panels: int) -> None:
    """Check that there are so many panels with titles, and that no text is on other text or outside the figure."""
    figure.draw_without_rendering()
    titled = [axes for axes in figure.axes if heading(axes)]
    boxes = [artist.get_window_extent() for artist in (figure._supxlabel, *figure.legends)]
    boxes += [axes.get_tightbbox() for axes in titled]
    assert len(titled) == panels
    assert all(not one.overlaps(other) for one, other in combinations(boxes, 2))
    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
    for axes in titled:
        axis = [*drawn_ticks(axes), axes.xaxis.label, axes.yaxis.label]
        texts = [text.get_window_extent() for text in (*axes.texts, axes.title, *axis) if text.get_text()]
        assert all(not one.overlaps(other) for one, other in combinations(texts, 2))
