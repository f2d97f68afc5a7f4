"""Tables and sentences for readers: rounded numbers, units in the headings, and nothing that the tables do not say."""

import json

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis import any_watts
from frugalnet.analysis.statistics.wording import counted
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.style import title
from frugalnet.page.cells import number, numbers, quality, row_name, table, twins
from frugalnet.page.conditions import conditions
from frugalnet.record.probe import Probe, ProbedMeter

UNKNOWN = "not known"
EXACT = 1e-5
"""Difference of compacted and masked output, relative to the output's scale, up to which they are the same."""
RESOLUTION = "resolution_limited"
SOURCES = {
    "measured": "read from the device's energy counter",
    "integrated": "the device's power readings, integrated over time",
    "estimated": "computed from processor time and the assumed power `measure.cpu_idle_w` and `measure.cpu_tdp_w`; "
    "it compares runs on one machine, and is no absolute value",
    "simulated": "played back, not of this machine",
}
SCOPES = {
    "cpu": "of the CPU alone",
    "gpu": "of the GPU alone",
    "gpu+cpu": "of GPU and CPU",
    "machine": "of the whole machine",
}
LISTED = 20
"""Most variants, or seeds, that are listed one by one."""
LEVELS = {
    "official": "the official files",
    "equivalent": "the official values in another container",
    "subset": "a part of the official data",
    "sample": "small made stand-ins, which say nothing about the real dataset",
}


def trials(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `trials`, with the reason of those that failed."""
    return table(
        {
            "dataset": [catalogue.DATASETS[name].title for name in rows["dataset"]],
            "method": [title(row.method, row.variant) for row in rows.itertuples()],
            "seed": rows["seed"].tolist(),
            "trial": rows["trial"].tolist(),
            "status": rows["status"].tolist(),
            "objective": [quality(value) for value in rows["objective"]],
            "validation quality": [quality(value) for value in rows["quality"]],
            "parameters": twins(rows, "parameters"),
            "operations (M)": twins(rows, "macs", 1e-6),
            "latency, 1 sample (ms)": numbers(rows["latency_ms"]),
            "latency, \N{MULTIPLICATION SIGN} baseline": numbers(rows["latency_ratio"]),
            "energy (J)": numbers(rows["energy_j"]),
            "duration (s)": numbers(rows["duration_s"]),
            "epochs": numbers(rows["epochs"]),
            "winner": ["winner" if won else "" for won in rows["winner"].eq(True)],
            "reason": rows["reason"].fillna("").tolist(),
        },
        [row_name("trials", row) for row in rows.index],
    )


def machines(runs: pd.DataFrame) -> pd.DataFrame:
    """Return each combination of machine and code that runs were made with, and how many."""
    about = pd.DataFrame(
        {
            "processor": runs["processor"].fillna(UNKNOWN),
            "GPU": runs["gpu"].fillna("none found"),
            "threads": runs["threads"],
            "software": runs["software"],
            "commit": runs["git_commit"].str[:12].fillna(UNKNOWN),
            "uncommitted changes": runs["git_dirty"].map({True: "yes", False: "no"}).fillna(UNKNOWN),
        }
    )
    return about.groupby(list(about), sort=False).size().rename("runs").reset_index()


def about(runs: pd.DataFrame) -> list[str]:
    """Return what was run, how real the data are, and how the energies are known, in sentences."""
    seeds = _numbers(sorted(runs["seed"].unique()))
    first, last = (f"{pd.to_datetime(time):%Y-%m-%d %H:%M}" for time in (runs["started"].min(), runs["started"].max()))
    sentences = [f"Started from {first} to {last} UTC.", f"Methods: {_methods(runs)}."]
    sentences.append(f"Seeds: {seeds}. Threads of TensorFlow's pools: {', '.join(map(str, runs['threads'].unique()))}.")
    for level, own in runs.groupby("data_level", sort=False):
        sentences.append(f"Data of {titles(own)}: {level} ({LEVELS[str(level)]}).")
    for (source, scope), own in runs.groupby(["energy_source", "energy_scope"], sort=False):
        assumed = " ".join(f"Assumed: {_assumptions(text)}." for text in own["energy_assumptions"].dropna().unique())
        sentences.append(f"Energy of {titles(own)}: {source}, {SCOPES[scope]} ({SOURCES[source]}). {assumed}".rstrip())
    for devices, own in runs.groupby("idle_devices", sort=False):
        sentences.append(f"Not in the totals of {counted(len(own), 'run')}, because it did no work: {devices}.")
    return sentences


def seeds_of(runs: pd.DataFrame) -> int:
    """Return with how many seeds a method and variant was run, at most."""
    return int(runs.groupby(["dataset", "method", "variant"])["seed"].nunique().max())


def _numbers(found: list[int]) -> str:
    """Return whole numbers in words; many that follow each other by the first and the last."""
    consecutive = len(found) > LISTED and found[-1] - found[0] == len(found) - 1
    return f"{found[0]} to {found[-1]}" if consecutive else ", ".join(map(str, found))


def _methods(runs: pd.DataFrame) -> str:
    """Return the methods, each with its variants where it has any, so far as there is room."""
    variants = runs.groupby("method", sort=False)["variant"].unique()
    return " · ".join(
        title(str(method), DEFAULT) + ("" if list(names) == [DEFAULT] else f" ({_some(list(names))})")
        for method, names in variants.items()
    )


def _some(names: list[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")


def _assumptions(text: str) -> str:
    """Return the assumptions of an estimate (JSON) in words: `idle 10 W, tdp 65 W, cores 2`."""
    named = ((name.rpartition("_w"), value) for name, value in json.loads(text).items())
    return ", ".join(f"{watts} {value} W" if watts else f"{rest} {value}" for (watts, _, rest), value in named)


def limits(runs: pd.DataFrame) -> list[str]:
    """Return what the runs cannot tell, in sentences."""
    counts = runs.groupby(["dataset", "method", "variant"])["seed"].nunique()
    seeds, single = counts.max(), int((counts == 1).sum())
    unknown, dirty = runs["train_energy_j"].isna().sum(), runs["git_dirty"].eq(True).sum()
    sample, estimated = runs["data_level"] == "sample", runs["energy_source"] == "estimated"
    disturbed = int((runs["train_flags"] != "").sum())
    difference, unresolved = runs["compaction_error"], int(runs["inference_flags"].str.contains(RESOLUTION).sum())
    masked, cards = int(runs["parameters_compacted"].isna().sum()), runs["energy_scope"] == "gpu"
    host = "".join(
        f" An estimate for its processor is a column of its own, and in no sum ({_assumptions(text)})."
        for text in runs["host_assumptions"].dropna().unique()
    )
    uncommitted, failed = runs["git_commit"].isna().sum(), int(runs["failed_tries"].sum())
    told = {
        "There is one seed: no interval over seeds can be given, and differences between methods may be chance.": seeds
        == 1,
        f"{single} of {len(counts)} methods and variants have one seed, and no interval.": seeds > 1 and single,
        f"There are {seeds} seeds: intervals are wide.": 1 < seeds < 5,
        f"{titles(runs[sample])}: the data are made stand-ins, and no number here is a result.": sample.any(),
        "Energies are estimates: they follow processor time, and leave out memory, disk and GPU.": estimated.any(),
        "Whatever watts are assumed, the ratio of two estimates lies between the ratio of wall times and the ratio of CPU seconds "
        "(`any_watts` in the tables).": any_watts.reckoned(runs).any(),
        f"{titles(runs[cards])}: joules and CO2e are those of the GPUs alone, without the host.{host}": cards.any(),
        f"{disturbed} of {len(runs)} runs were disturbed, or shorter than a meter resolves: {_flags(runs)}.": disturbed,
        f"The energy of {unknown} of {len(runs)} runs is not known{_reasons(runs)}.": unknown,
        f"{masked} of {len(runs)} runs have no compacted model.": masked,
        f"Compacted models differ from the masked ones by up to {number(difference.max())} of the output's scale.": (
            difference.max() > EXACT
        ),
        f"Inference was measured too briefly for the precision asked for in {unresolved} of {len(runs)} runs.": unresolved,
        f"{failed} tries of runs failed before they were finished; their energy is in the energy to solution.": failed,
        f"The commit of the code is not known for {uncommitted} of {len(runs)} runs.": uncommitted,
        f"{dirty} of {len(runs)} runs were made with uncommitted changes in the code.": dirty,
    }
    return [sentence for sentence, holds in told.items() if holds]


def _flags(runs: pd.DataFrame) -> str:
    """Return what the runs are flagged with, and how many of them."""
    kinds = runs["train_flags"].map(lambda text: {flag.partition(":")[0] for flag in text.split("; ") if flag})
    return ", ".join(f"{kind} ({count})" for kind, count in kinds.explode().value_counts().items())


def meters(probe: Probe) -> list[str]:
    """Return what each meter can tell on the machine that was probed, and how that is set, in sentences."""
    lines = [_meter(found) for found in probe.meters] or ["No meter was asked for: no energy is known."]
    return lines + [f"Not used: {reason}." for reason in probe.missing.values()] + conditions(probe.machine)


def _meter(found: ProbedMeter) -> str:
    text = (
        f"`{found.meter}` reads {found.model or found.device} ({found.source}); its readings are {_renewed(found)}, and one takes "
        f"{number(found.reading_us)} µs. It reads {number(found.idle_w)} W at rest and {number(found.load_w)} W under load, "
        f"with {number(found.load_noise_w)} W of noise."
    )
    ratios = (found.idle_counter_to_power, found.load_counter_to_power)
    if None not in ratios:
        told = "contradict each other" if found.contradiction else "agree"
        text += (
            f" Its counter and its integrated power {told}: ratio {ratios[0]:.3f} at rest, {ratios[1]:.3f} under load."
        )
    if found.gain is not None:
        text += f" Systematic uncertainty {100 * found.gain:.1f} % ({found.gain_source})."
    if found.edge_reading_error is not None:
        text += (
            " A callback that reads the power once, at the end of each epoch, was wrong by "
            f"{100 * found.edge_reading_error:.0f} % here (root mean square over short epochs of a small network)."
        )
    return text


def _renewed(found: ProbedMeter) -> str:
    mean = f"means over {number(found.averaging_s)} s" if found.averaging_s else None
    if found.tick_s:
        return ", ".join(filter(None, [f"renewed every {1e3 * found.tick_s:.0f} ms", mean]))
    return mean or "of the moment"


def smallest_differences(probe: Probe) -> pd.DataFrame:
    """Return the smallest difference between two runs that each meter resolves, by the length of the runs."""
    return pd.DataFrame(
        [
            {"meter": found.meter, "device": found.model or found.device}
            | {f"runs of {each.run_s:,.0f} s": f"{100 * each.fraction:.2g} %" for each in found.smallest_differences}
            for found in probe.meters
            if found.smallest_differences
        ]
    )


def _reasons(runs: pd.DataFrame) -> str:
    reasons = runs["energy_reason"].dropna().unique()
    return f" ({'; '.join(reasons)})" if len(reasons) else ""


def titles(rows: pd.DataFrame) -> str:
    """Return the titles of the datasets of these rows."""
    return ", ".join(catalogue.DATASETS[dataset].title for dataset in rows["dataset"].unique())
