"""Tables and sentences for readers: rounded numbers, units in the headings, and nothing that the tables do not say."""

import json
import math
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.figures.style import title
from frugalnet.meter_probe import Probe, ProbedMeter

UNKNOWN = "not known"
DASH = "\N{EN DASH}"
SOURCES = {
    "measured": "read from the device's energy counter",
    "integrated": "the device's power readings, integrated over time",
    "estimated": "computed from processor time and the power that `measure.cpu_idle_w` and `measure.cpu_tdp_w` assume; "
    "good for comparing runs on one machine, not as an absolute value",
    "simulated": "played back, not of this machine",
}
SCOPES = {"cpu": "of the CPU alone", "gpu": "of the GPU alone", "gpu+cpu": "of GPU and CPU"}
LEVELS = {
    "official": "the official files",
    "equivalent": "the official values in another container",
    "subset": "a part of the official data",
    "sample": "small made stand-ins: what they give says nothing about the real dataset",
}


def number(value: Any) -> str:
    """Return a number with three digits, or all those before the point; a dash for what is not known."""
    if pd.isna(value):
        return DASH
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:#.3g}"


def comparison(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `comparison` of one dataset, as a paper would print them."""
    entry = catalogue.DATASETS[rows["dataset"].iloc[0]]
    quality = "accuracy" if entry.metric == "accuracy" else f"{entry.metric.upper()} ({entry.unit})"
    reference = rows["reference"].iloc[0]
    against = f"gain on {reference}" if isinstance(reference, str) else "gain"
    return pd.DataFrame(
        {
            "method": [title(row.method, row.variant) for row in rows.itertuples()],
            f"test {quality}": [_mean(row) for row in rows.itertuples()],
            against: [_gain(row) for row in rows.itertuples()],
            "parameters": rows["parameters"].map(number).tolist(),
            "not zero": rows["parameters_nonzero"].map(number).tolist(),
            "model (kB)": (rows["model_bytes"] / 1e3).map(number).tolist(),
            "own energy (J)": rows["train_energy_j"].map(number).tolist(),
            "net of idle (J)": [_net(row) for row in rows.itertuples()],
            "energy to solution (J)": rows["energy_to_solution_j"].map(number).tolist(),
            "energy is": rows["energy_source"].fillna(UNKNOWN).tolist(),
            **_co2e(rows),
            "training (s)": rows["train_duration_s"].map(number).tolist(),
            "latency, 1 sample (ms)": rows["latency_batch1_ms"].map(number).tolist(),
            "inference (mJ/sample)": (1e3 * rows["energy_per_inference_j"]).map(number).tolist(),
        }
    )


def _net(row: Any) -> str:
    """Return net energy, with its uncertainty where both parts of it are known."""
    known = pd.notna(row.train_u_stat_j) and pd.notna(row.train_u_sys_j)
    return number(row.train_energy_net_j) + (
        f" ± {number(math.hypot(row.train_u_stat_j, row.train_u_sys_j))}" if known else ""
    )


def _co2e(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return the column of CO2e, where an intensity is configured."""
    if rows["carbon_g_per_kwh"].isna().all():
        return {}
    return {"CO2e to solution (g)": rows["co2e_to_solution_g"].map(number).tolist()}


def carbon_note(rows: pd.DataFrame) -> str:
    """Return which intensity CO2e is of; empty where none is configured."""
    first = rows.iloc[0]
    if pd.isna(first["carbon_g_per_kwh"]):
        return ""
    return (
        f" · CO2e at {number(first['carbon_g_per_kwh'])} g/kWh ({first['carbon_source']}, {first['carbon_year']:.0f})"
    )


def _mean(row: Any) -> str:
    return f"{row.quality_mean:.3f}" + ("" if pd.isna(row.quality_std) else f" ± {row.quality_std:.3f}")


def _gain(row: Any) -> str:
    if row.method == row.reference:
        return "reference"
    if pd.isna(row.quality_gain):
        return DASH
    interval = "" if pd.isna(row.quality_gain_low) else f" [{row.quality_gain_low:+.3f}, {row.quality_gain_high:+.3f}]"
    return f"{row.quality_gain:+.3f}{interval}"


def trials(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `trials`, with the reason of those that failed."""
    return pd.DataFrame(
        {
            "dataset": [catalogue.DATASETS[name].title for name in rows["dataset"]],
            "seed": rows["seed"],
            "trial": rows["trial"],
            "status": rows["status"],
            "validation quality": rows["quality"].map(lambda value: DASH if pd.isna(value) else f"{value:.3f}"),
            "parameters": rows["parameters"].map(number),
            "epochs": rows["epochs"],
            "duration (s)": rows["duration_s"].map(number),
            "energy (J)": (rows["energy_uj"] / 1e6).map(number),
            "reason": rows["reason"].fillna(""),
        }
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
    methods = " · ".join(dict.fromkeys(title(run.method, run.variant) for run in runs.itertuples()))
    seeds = ", ".join(str(seed) for seed in sorted(runs["seed"].unique()))
    first, last = (f"{pd.to_datetime(time):%Y-%m-%d %H:%M}" for time in (runs["started"].min(), runs["started"].max()))
    sentences = [f"{len(runs)} runs, started from {first} to {last} UTC.", f"Methods: {methods}."]
    sentences.append(f"Seeds: {seeds}. Threads of TensorFlow's pools: {', '.join(map(str, runs['threads'].unique()))}.")
    for level, own in runs.groupby("data_level", sort=False):
        sentences.append(f"Data of {_titles(own)}: {level} ({LEVELS[str(level)]}).")
    for (source, scope), own in runs.groupby(["energy_source", "energy_scope"], sort=False):
        assumed = " ".join(f"Assumed: {_assumptions(text)}." for text in own["energy_assumptions"].dropna().unique())
        sentences.append(f"Energy of {_titles(own)}: {source}, {SCOPES[scope]} ({SOURCES[source]}). {assumed}".rstrip())
    return sentences


def _assumptions(text: str) -> str:
    """Return the assumptions of an estimate (JSON) in words: `idle 10 W, tdp 65 W, cores 2`."""
    named = ((name.rpartition("_w"), value) for name, value in json.loads(text).items())
    return ", ".join(f"{watts} {value} W" if watts else f"{rest} {value}" for (watts, _, rest), value in named)


def limits(runs: pd.DataFrame) -> list[str]:
    """Return what the runs cannot tell, in sentences."""
    seeds = runs.groupby(["dataset", "method", "variant"])["seed"].nunique().min()
    unknown, dirty = runs["train_energy_j"].isna().sum(), runs["git_dirty"].eq(True).sum()
    sample, estimated = runs["data_level"] == "sample", runs["energy_source"] == "estimated"
    disturbed = int((runs["train_flags"] != "").sum())
    uncommitted, failed = runs["git_commit"].isna().sum(), int(runs["failed_tries"].sum())
    told = {
        "There is one seed: no interval can be given, and differences between methods may be chance.": seeds == 1,
        f"There are {seeds} seeds: intervals are wide.": 1 < seeds < 5,
        f"{_titles(runs[sample])}: the data are made stand-ins, so that no number here is a result.": sample.any(),
        "Energies are estimates: they follow processor time, and leave out memory, disk and GPU.": estimated.any(),
        f"{disturbed} of {len(runs)} runs were disturbed, or shorter than a meter resolves: {_flags(runs)}.": disturbed,
        f"The energy of {unknown} of {len(runs)} runs is not known{_reasons(runs)}.": unknown,
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
    """Return what each meter can tell on the machine that was probed, in sentences."""
    lines = [_meter(found) for found in probe.meters] or ["No meter was asked for: no energy is known."]
    return lines + [f"Not used: {reason}." for reason in probe.missing.values()]


def _meter(found: ProbedMeter) -> str:
    renewed = f"renewed every {1e3 * found.tick_s:.0f} ms" if found.tick_s else "of the moment at which it is read"
    text = (
        f"`{found.meter}` reads {found.model or found.device} ({found.source}): {renewed}, in {number(found.reading_us)} µs; "
        f"{number(found.idle_w)} W at rest and {number(found.load_w)} W under load, "
        f"with {number(found.load_noise_w)} W of noise from reading to reading."
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
            " A callback that reads the power once, at the end of an epoch, was wrong by "
            f"{100 * found.edge_reading_error:.0f} % here (root mean square over the short epochs of a small network)."
        )
    return text


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


def _titles(rows: pd.DataFrame) -> str:
    return ", ".join(catalogue.DATASETS[dataset].title for dataset in rows["dataset"].unique())
