"""The data dictionary: every column of every table, with its unit and its meaning."""

from collections.abc import Mapping

import pandas as pd

from frugalnet.analysis import deployed, factors, inferences
from frugalnet.analysis.meanings import OWN

COLUMNS: dict[str, tuple[str | None, str]] = {
    "run": (None, "Id of the run: dataset/method/variant/seed."),
    "study": (None, "Study that the run belongs to."),
    "status": (None, "complete; or diverged or out_of_memory: without a model, and in no comparison."),
    "dataset": (None, "Dataset."),
    "network": (None, "Network that the run sheet names; a search replaces it."),
    "method": (None, "What was done to get the model."),
    "variant": (None, "Setting of the method."),
    "seed": (None, "Seed of initial weights, shuffling and search."),
    "seeds": ("runs", "Number of runs behind the row."),
    "parent": (
        None,
        "Id of the run that this one starts from; in `windows`, name of the window that this one is inside of.",
    ),
    "teacher": (
        None,
        "Id of the run that taught this one by its predictions, if it is not the parent; empty: there is none.",
    ),
    "threads": ("threads", "Threads of TensorFlow's pools."),
    "metric": (
        None,
        "Metric of all qualities in the row: accuracy (fraction; more is better) or mae (100 000 $; less is better).",
    ),
    "data_level": (None, "How real the data are: official, equivalent, subset or sample."),
    "energy_source": (None, "How energies are known: measured, integrated, estimated or simulated; empty: not known."),
    "energy_scope": (None, "Devices that totals cover: cpu, gpu, gpu+cpu or machine."),
    "test_quality": ("metric", "Quality on the test part, after the run, in inference mode."),
    "validation_quality": ("metric", "Quality on the validation part; in `epochs`, after that epoch."),
    "train_quality": ("metric", "Quality on the training part, after the run."),
    "test_loss": ("loss", "Loss on the test part: cross-entropy, or mean absolute error."),
    "validation_loss": ("loss", "Loss on the validation part."),
    "train_loss": ("loss", "Loss on the training part, after the run."),
    "quality_mean": ("metric", "Mean over seeds of the quality on the test part."),
    "quality_std": ("metric", "Standard deviation over seeds of the same (n - 1); empty for one seed."),
    "validation_quality_mean": ("metric", "Mean over seeds of the quality on the validation part."),
    "train_quality_mean": ("metric", "Mean over seeds of the quality on the training part."),
    "reference": (
        None,
        "Method that the row is compared with: the best on validation data among the study's reference methods that were trained for no more epochs in all than the row, and by no teacher or in the same way.",
    ),
    "reference_variant": (None, "Variant of that method."),
    "epochs_in_all": (
        "epochs",
        "Epochs that the model was trained for, including those of the models that it started from and excluding trials of a search.",
    ),
    "is_reference": (None, "Whether any row, this one included, is compared with this one."),
    "quality_gain": (
        "metric",
        "How much better the row is than its reference on test data, paired by seed; negative: worse; 0: it is its own reference.",
    ),
    "quality_gain_low": ("metric", "Lower end of its 95 % interval; empty for one seed, or where no seed differs."),
    "quality_gain_high": ("metric", "Upper end of the same interval."),
    "quality_gain_contains": (
        None,
        "What that interval covers: seeds (new weights, another order of samples), and test samples where scores of single samples were kept. It never covers another split into training and validation data, which all seeds have in common.",
    ),
    "parameters": (
        "parameters",
        "Trainable parameters, frozen ones included; a mean over seeds is rounded.",
    ),
    "parameters_nonzero": ("parameters", "Those of them that are not zero."),
    "parameters_compacted": (
        "parameters",
        "Parameters of the compacted model: the smaller ordinary model that computes the same; where there is nothing to remove, the model itself.",
    ),
    "model_bytes": ("B", "Size of model.keras, saved without the optimizer; zeros are stored like other weights."),
    "gzip_bytes": ("B", "Size of the same file after gzip at level 9."),
    "compacted_bytes": ("B", "Size of the compacted model's file, saved without the optimizer."),
    "gzip_bytes_compacted": ("B", "Size of the compacted model's file after gzip at level 9."),
    "tflite_bytes": (
        "B",
        "Size as TensorFlow Lite file with float32 weights. It follows from the network's shape: a run that trains its parent's model further has the parent's size. Empty: the model cannot be converted.",
    ),
    "tflite_bytes_compacted": ("B", "The same of the compacted model."),
    "tflite_int8_bytes": (
        "B",
        "Size as TensorFlow Lite file with int8 weights (dynamic range quantization); small tensors stay float32.",
    ),
    "tflite_int8_bytes_compacted": ("B", "The same of the compacted model."),
    "macs": (
        "multiply-accumulates",
        "Multiply-accumulates of dense layers and convolutions for one sample; empty: not known for one of the layers.",
    ),
    "macs_nonzero": ("multiply-accumulates", "Those of them whose kernel weight is not zero."),
    "macs_compacted": ("multiply-accumulates", "Multiply-accumulates of the compacted model for one sample."),
    "weight_bytes": ("B", "Memory of all weights, in the types in which they are stored."),
    "weight_bytes_compacted": ("B", "The same of the compacted model."),
    "activation_bytes": (
        "B",
        "Peak memory of activations in inference, computed from the graph: inputs and outputs of a layer, and what later layers need.",
    ),
    "activation_bytes_compacted": ("B", "The same of the compacted model."),
    "train_host_peak_mib": (
        "MiB",
        "Largest resident memory of the run's process while it trained or searched, TensorFlow and the data in it; empty: not known.",
    ),
    "train_device_peak_mib": (
        "MiB",
        "Most memory that TensorFlow held on a GPU in the same time; empty: no GPU.",
    ),
    "activation_batch": ("samples", "Batch size that activations and memory peaks are for."),
    "host_peak_inference_mib": (
        "MiB",
        "Peak resident memory of a separate process in inference, without the data set; empty: not measured.",
    ),
    "host_peak_inference_mib_compacted": ("MiB", "The same of the compacted model, in another process."),
    "host_peak_training_mib": ("MiB", "Peak resident memory of the process in training steps with Adam."),
    "host_peak_training_mib_compacted": ("MiB", "The same of the compacted model."),
    "host_runtime_mib": (
        "MiB",
        "Resident memory of that process before data and model are loaded: Python and its libraries, a part of every peak.",
    ),
    "device_peak_inference_mib": ("MiB", "Peak memory that TensorFlow held on the GPU in inference; empty: no GPU."),
    "device_peak_inference_mib_compacted": ("MiB", "The same of the compacted model."),
    "device_peak_training_mib": ("MiB", "Peak memory that TensorFlow held on the GPU in training steps with Adam."),
    "device_peak_training_mib_compacted": ("MiB", "The same of the compacted model."),
    "compaction_error": (
        "fraction",
        "Largest difference between the outputs of model and compacted model, relative to the largest output.",
    ),
    "compaction_energy_j": (
        "J",
        "Energy of making the compacted model, or of finding out that it is no smaller. Not part of the energy to solution. In `break_even`, mean over seeds.",
    ),
    "train_duration_s": ("s", "Duration of the run's own training and search, validation included."),
    "train_energy_j": ("J", "Energy of the run's own training and search, validation and failed trials included."),
    "energy_to_solution_j": (
        "J",
        "The same plus the energy of all runs that the model goes back to, up to the root, and of failed tries, each in full. A method that takes only the shape of another run's model goes back to its teacher alone.",
    ),
    "energy_to_shape_j": (
        "J",
        "For a method that takes only a shape: energy of all runs that it took to find the shape, less those in `energy_to_solution_j`. Empty for other methods.",
    ),
    "energy_to_solution_u_j": (
        "J",
        "Uncertainty (1 sigma) of the gross energy to solution from the meters alone: statistical and systematic, added in quadrature. The gain error of a device is the same in all runs on it. Empty: not known, as for an estimate.",
    ),
    "train_energy_net_j": ("J", "`train_energy_j` less the idle power of the devices (their context alive)."),
    "train_u_stat_j": (
        "J",
        "Statistical uncertainty (1 sigma) of `train_energy_net_j`: window edges, sampling, idle power; in `comparison`, of the mean over seeds.",
    ),
    "train_u_sys_j": (
        "J",
        "Systematic uncertainty (1 sigma) of `train_energy_net_j`: the gain error of the sensor, which is the same in all runs on a device and so does not shrink in a mean over seeds.",
    ),
    "train_u_sys_by_device_j": ("J", "The same for each device, as JSON."),
    "spent_u_stat_j": (
        "J",
        "Statistical uncertainty (1 sigma) of the gross energies `train_energy_j` and `failed_energy_j` together: window edges, sampling.",
    ),
    "spent_u_sys_by_device_j": ("J", "Systematic uncertainty (1 sigma) of the same for each device, as JSON."),
    "train_flags": (
        None,
        "What disturbed the windows of a run's own training and search, or limits what is known of their energy; `other_load`: the largest share of the machine's cores that other processes kept busy.",
    ),
    "disturbed": ("runs", "Number of runs behind the row that have such flags."),
    "train_energy_ratio_any_watts_low": (
        "ratio",
        "Smallest ratio of an estimated `train_energy_j` to that of the reference, paired by seed, whatever watts the estimates assume: the smaller of the ratios of wall times and of CPU seconds. Empty: energies are not estimates of the CPU alone.",
    ),
    "train_energy_ratio_any_watts_high": ("ratio", "Largest ratio of the same: the larger of the two."),
    "energy_to_solution_ratio_any_watts_low": (
        "ratio",
        "The smallest ratio of `energy_to_solution_j`; also empty where a chain has a failed try, whose seconds are not known.",
    ),
    "energy_to_solution_ratio_any_watts_high": ("ratio", "The largest of the same."),
    "train_cpu_s": (
        "s",
        "CPU seconds of the run's processes in its own training and search, whatever meters there are.",
    ),
    "host_energy_estimate_j": (
        "J",
        "Where meters read GPUs alone: estimate of the processor's energy in the run's own training and search, from wall time, CPU seconds and `host_assumptions`. It is part of no other energy; empty where a meter reads the host.",
    ),
    "host_assumptions": (None, "What that estimate assumes, as JSON: watts, number of cores."),
    "energy_by_hour_j": (
        "J",
        "Energy of the run's own training and search and of its failed tries by UTC hour, as JSON, with each window at its mean power; empty: not known.",
    ),
    "co2e_to_solution_g": (
        "g",
        "Energy to solution times the configured carbon intensity and the PUE. An hourly intensity is taken at the hours of each run. Empty: no intensity is configured, or CO2e is not known.",
    ),
    "co2e_reason": (None, "Why CO2e is not known though an intensity is configured."),
    "carbon_g_per_kwh": (
        "g/kWh",
        "Carbon intensity: in `runs` as configured when the run was made, in `comparison` as configured now; an hourly one is averaged over the energy of the row.",
    ),
    "carbon_hourly": (None, "File of the hourly carbon intensities; empty: one intensity for all hours."),
    "carbon_source": (None, "Where the carbon intensity comes from."),
    "carbon_year": ("year", "Year of the carbon intensity."),
    "carbon_pue": (
        "ratio",
        "Power usage effectiveness of the place, configured like the intensity: CO2e is multiplied by it, joules are not.",
    ),
    "failed_tries": ("runs", "Tries of the run that failed before it was finished."),
    "failed_energy_j": (
        "J",
        "Energy of the training and search of those tries until they failed, over the same windows as for a finished run.",
    ),
    "throughput_batch": ("samples", "Batch size of throughput and energy per inference."),
    "throughput_per_s": ("1/s", "Samples per second in inference at the large batch size."),
    "throughput_per_s_compacted": ("1/s", "The same of the compacted model."),
    "inference_flags": (
        None,
        "What disturbed the windows of inference; resolution_limited: they ended before latency or energy were known to `measure.latency_precision`.",
    ),
    "inference_flagged": ("runs", "Number of runs behind the row that have such flags."),
    "energy_devices": (None, "Meters and devices that the run's totals cover."),
    "idle_devices": (None, "Meters and GPUs that did no work in the run, and are left out of its totals."),
    "ledger_difference_uj": (
        "uJ",
        "Largest difference, over windows and devices, between a window's energy and the sum of its gap and the energies directly inside it; 0: the ledger closes; empty: cannot be told.",
    ),
    "idle_w": ("W", "Idle power of the devices in `energy_devices` before the run (their context alive)."),
    "energy_reason": (None, "Why there is no energy."),
    "energy_assumptions": (None, "What an estimate of the energy assumes, as JSON: watts, number of cores."),
    "software": (None, "Versions of the packages that do the work."),
    "started": (None, "Start of the run, UTC."),
    "record_sha256": (None, "Checksum of the record that the row is made from."),
    "processor": (None, "Model of the processor."),
    "gpu": (None, "Models of the GPUs."),
    "git_commit": (None, "Commit of the code; empty outside a checkout."),
    "git_dirty": (None, "Whether tracked files differed from the commit."),
    "name": (
        None,
        "Path of the window from its root: `run`, or `trials/trial<n>` for a trial that another process ran.",
    ),
    "window": (None, "Path of the row's window in the ledger."),
    "device": (None, "Device that used the energy."),
    "start_s": ("s", "Start of the window since the start of the run."),
    "end_s": ("s", "End of the window since the start of the run."),
    "scope": (None, "Kind of device: cpu, gpu, or the whole machine, which is not part of totals over the others."),
    "energy_uj": (
        "uJ",
        "Energy of the window; in `epochs`, of the training without first step and validation; in `timelines`, counted from an arbitrary moment.",
    ),
    "gap_uj": ("uJ", "Part of the window's energy that is in none of the windows directly inside it."),
    "energy_net_uj": ("uJ", "Energy of the window less the idle power of the device (its context alive)."),
    "u_stat_j": ("J", "Statistical uncertainty of the net energy (1 sigma): window edges, sampling, idle power."),
    "u_idle_j": (
        "J",
        "The part of it that comes from the idle power: one error, common to all windows. Gross energy does not have it.",
    ),
    "u_sys_j": (
        "J",
        "Systematic uncertainty (1 sigma) of the net energy: `gain` times it; of the gross energy where the net, or `gain`, is not known.",
    ),
    "gain": (
        "fraction",
        "Relative systematic uncertainty (1 sigma) of the sensor: the same error in all windows of the device; empty: not known.",
    ),
    "counted": (None, "Whether totals include the window; False: a GPU that did no work."),
    "flags": (None, "What disturbed the window, or why its energy is unknown."),
    "cpu_s": ("s", "CPU seconds of the run's processes in the window, the same for each device; empty: not noted."),
    "time_s": ("s", "Time of the reading since the start of the run; the idle brackets lie before and after the run."),
    "time_error_s": ("s", "Half of the stretch around `time_s` in which the device renewed its counter."),
    "power_w": ("W", "Power, as the device gives it."),
    "temperature_c": ("C", "Temperature of the device."),
    "clock_mhz": ("MHz", "Clock of the processors."),
    "memory_clock_mhz": ("MHz", "Clock of the memory."),
    "utilization": (
        "fraction",
        "Share of the time in which the device was busy; of the meter `estimate`, share of all cores that this run kept busy.",
    ),
    "memory_mib": ("MiB", "Memory in use."),
    "throttle": (None, "Reasons why the device throttled itself, joined by +; empty: none, or not known."),
    "other_processes": ("processes", "Compute processes on the device that are not of this run."),
    "source": (None, "How the window's energy is known; empty: not known."),
    "epoch": (None, "Epoch of the final training, from 1."),
    "loss": ("loss", "Mean training loss over the epoch."),
    "quality": ("metric", "Mean quality over the epoch on training data."),
    "sparsity": (
        "fraction",
        "Fraction of the prunable weights or units that are pruned after the epoch; empty without pruning.",
    ),
    "duration_s": ("s", "Duration; in `epochs`, of the training without first step and validation."),
    "epochs": ("epochs", "Epochs of the final training."),
}

MEANINGS = factors.MEANINGS | inferences.MEANINGS | deployed.MEANINGS | COLUMNS

Meanings = Mapping[str, Mapping[str, tuple[str | None, str]]]
"""Unit and meaning of columns, by table."""


def data_dictionary(tables: Mapping[str, pd.DataFrame], of_study: Meanings | None = None) -> pd.DataFrame:
    """Return a row per table and column: type, unit and meaning; `of_study` has those of a study's own tables.

    Raises KeyError for a column that is not described.
    """
    rows, own = [], {**OWN, **(of_study or {})}
    for name, table in tables.items():
        for column, dtype in table.dtypes.items():
            unit, meaning = own.get(name, {}).get(column) or MEANINGS.get(column) or factors.level_meaning(column)
            rows.append({"table": name, "column": column, "type": str(dtype), "unit": unit, "meaning": meaning})
    return pd.DataFrame(rows)
