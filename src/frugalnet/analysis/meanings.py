"""What columns of the tables `windows`, `trials`, `resampled`, `pareto`, `break_even` and `statistics` mean, as the data dictionary has it."""

TRIAL: dict[str, tuple[str | None, str]] = {
    "trial": (None, "Number of the trial in its search, from 0."),
    "winner": (None, "Whether the search chose its network, which was then trained from new weights."),
    "quality": (
        "metric",
        "Quality on the validation part: after the best epoch, or where trials prune, after the last.",
    ),
    "parameters": ("parameters", "Parameters of the network that training changes."),
    "parameters_compacted": ("parameters", "Those of the compacted network; without pruning, the network itself."),
    "macs": ("multiply-accumulates", "Multiply-accumulates of the network for one sample; empty: not known."),
    "macs_compacted": ("multiply-accumulates", "The same of the compacted network."),
    "latency_ms": ("ms", "Median time of a single sample, of the compacted network, over some tenths of a second."),
    "latency_ratio": (
        "ratio",
        "The same over that of the baseline's compacted model, measured in turn; empty: there is no baseline.",
    ),
    "train_energy_j": ("J", "Energy of the trial's training alone, validation included."),
}
OWN: dict[str, dict[str, tuple[str | None, str]]] = {
    "windows": {"started": (None, "When a root window began, UTC; empty inside of it, and where it was not noted.")},
    "epochs": {
        "batch_size": (
            "samples",
            "Batch size of the epoch, where it grows; smaller than planned where memory was too small.",
        ),
        "learning_rate": (None, "Learning rate of the epoch's last step; empty: not noted."),
        "energy_j": ("J", "Energy of the epoch with all in it, first step and validation included."),
        "power_w": ("W", "Mean power over the same time."),
        "temperature_c": ("C", "Mean temperature over the same time, of the hottest device."),
        "utilization": (
            "fraction",
            "Mean over the same time of the share in which devices were busy; of the meter `estimate`, share of all cores that this run kept busy.",
        ),
        "whole_s": ("s", "Duration of the epoch with all in it."),
        "cpu_s": ("s", "CPU seconds of the run's processes in the same time; empty: not noted."),
    },
    "trials": TRIAL
    | {
        "status": (None, "complete or failed."),
        "objective": (
            "metric",
            "Value that the search compared trials by: the quality, and what `nas.weights` adds for size, operations, energy and latency, in units of the metric.",
        ),
        "energy_j": ("J", "Energy of the whole trial, failed or not: build, training, validation and weighing."),
        "duration_s": ("s", "Duration of the whole trial."),
        "epochs": ("epochs", "Epochs that the trial trained for."),
        "batch_size": (
            "samples",
            "Batch size of the trial; below that of the recipe where memory was too small; empty: nothing was trained.",
        ),
        "window": (
            None,
            "Path of the trial's window: in `run/search`, or `trials/trial<n>` where another process ran it.",
        ),
        "hyperparameters": (None, "What the tuner chose, as JSON."),
        "parts": (None, "What each part adds to the objective, as JSON, in units of the metric."),
        "reason": (None, "Why the trial failed."),
    },
    "resampled": {
        "draw": (
            None,
            "Number of the bootstrap draw of test samples; it has the same samples in all runs with the same number of test samples.",
        ),
        "test_quality": (
            "metric",
            "Quality of the run on the drawn samples. Runs whose scores of single samples were not kept have no rows.",
        ),
    },
    "pareto": TRIAL
    | {
        "train_energy_per_epoch_j": ("J", "The same per epoch, which is what is compared: trials differ in epochs."),
        "front": (
            None,
            "Whether no other trial of the search is at least as good in quality and all `costs`, and better in one.",
        ),
        "hypervolume": (
            "fraction",
            "Volume that the trials of the search dominate, in fractions of the baseline's error and `costs` that are saved; 0: no trial is better in all of them. A trial's error is that of its best epoch, the baseline's that of its last.",
        ),
        "hypervolume_parameters": ("fraction", "The same over error and `parameters_compacted` alone."),
        "costs": (
            None,
            "Costs that front and hypervolume use: those that are known for all trials of the search.",
        ),
        "reason": (None, "Why there is no hypervolume."),
    },
    "break_even": {
        "batch": ("samples", "Batch size of inference."),
        "energy_to_solution_j": (
            "J",
            "Energy to get the model: search, failed trials, all training and pruning, parents and failed tries; mean over seeds.",
        ),
        "energy_per_inference_j": (
            "J",
            "Energy per sample in inference of the compacted model: that of the baseline's times the measured ratio; the same as the baseline's for a model that does the same operations. Mean over seeds.",
        ),
        "baseline_energy_per_inference_j": (
            "J",
            "Energy per sample in inference of the baseline's compacted model, measured in turn with the method's; mean over seeds.",
        ),
        "energy_per_inference_ratio": (
            "ratio",
            "Energy per sample in inference of the compacted model over that of the baseline's, measured in turn; mean over seeds.",
        ),
        "break_even_inferences": (
            "inferences",
            "Samples after which the savings of inference have paid for the energy to solution and for compaction; inf: nothing is saved on average, which is certain for a model that does the same operations as the baseline's; empty: cannot be told from these runs.",
        ),
        "break_even_low": (
            "inferences",
            "Lower end of its 95 % interval: over seeds (Fieller's theorem), or for one seed from the measurement of inference.",
        ),
        "break_even_high": (
            "inferences",
            "Upper end of the same; inf: inference may save nothing, so that the sum may never be earned.",
        ),
        "reason": (None, "Why break-even is empty or certainly infinite, or that its interval is not over seeds."),
        "increment_energy_j": (
            "J",
            "Energy to solution minus that of the baseline of the same seed, which is paid anyway; negative: it took less. Mean over seeds. Empty: one of the two is not known, or they are of different kinds.",
        ),
        "increment_break_even_inferences": (
            "inferences",
            "Samples after which the savings of inference have paid for `increment_energy_j` and for compaction; 0: nothing is to be paid, and inference takes no more than with the baseline; inf and empty as for `break_even_inferences`.",
        ),
        "increment_break_even_low": ("inferences", "Lower end of its 95 % interval, as for `break_even_low`."),
        "increment_break_even_high": ("inferences", "Upper end of the same; inf: it may never be earned."),
        "increment_reason": (None, "The same as `reason`, for `increment_break_even_inferences`."),
        "seeds": ("runs", "Number of seeds."),
    },
    "statistics": {
        "quantity": (None, "Column of `runs`, or `energy_to_solution_j`, that methods are compared in."),
        "against": (
            None,
            "Method that the row's method is compared with: its reference, the baseline, or one of its controls.",
        ),
        "against_variant": (None, "Variant of that method."),
        "is_reference": (None, "Whether that is the reference of the method, as in `comparison`."),
        "seeds": ("seeds", "Number of seeds that both methods have; all numbers of the pair use these seeds."),
        "mean": ("`quantity`", "Mean of the method over the seeds."),
        "mean_against": ("`quantity`", "Mean of the other method over the same seeds."),
        "difference": ("`quantity`", "Mean of the method minus that of the other, paired by seed."),
        "difference_low": (
            "`quantity`",
            "Lower end of its 95 % interval (Student's t over seeds); where `sample_error` is known, for other test samples too. Empty for one seed, or without spread.",
        ),
        "difference_high": ("`quantity`", "Upper end of the same interval."),
        "median_difference": ("`quantity`", "Median over seeds of method minus other method."),
        "median_difference_low": (
            "`quantity`",
            "Lower end of its 95 % interval (bootstrap, percentiles). With few seeds it is their range, which holds the true median less often: in 75 % of cases for 3 seeds, 88 % for 4, 94 % for 5.",
        ),
        "median_difference_high": ("`quantity`", "Upper end of the same interval."),
        "ratio": ("ratio", "Mean of the method over that of the other."),
        "ratio_low": ("ratio", "Lower end of its 95 % interval, paired by seed (Fieller's theorem)."),
        "ratio_high": ("ratio", "Upper end of the same interval; inf: the mean of the other may be zero."),
        "ratio_bootstrap_low": (
            "ratio",
            "Lower end of another interval of the ratio (bootstrap of paired seeds, percentiles). With few seeds it is too narrow: it held simulated ratios in 74 % of cases for 3 seeds, 84 % for 5, 89 % for 10.",
        ),
        "ratio_bootstrap_high": ("ratio", "Upper end of that interval."),
        "cliffs_delta": (
            None,
            "Share of pairs of seeds in which the method's value is larger minus that in which it is smaller: -1 to 1.",
        ),
        "cliffs_delta_low": (None, "Lower end of its 95 % interval (Cliff 1996; Feng and Cliff 2004)."),
        "cliffs_delta_high": (None, "Upper end of the same interval."),
        "hedges_g": (
            "standard deviations",
            "Difference over the root of both methods' mean variance, without the bias of few seeds (Hedges' g_av).",
        ),
        "hedges_g_low": (
            "standard deviations",
            "Lower end of the 95 % interval of what g estimates (noncentral t; Algina and Keselman 2003).",
        ),
        "hedges_g_high": ("standard deviations", "Upper end of the same interval."),
        "sample_error": (
            "`quantity`",
            "Standard error of the difference in test quality that is due to the choice of test samples alone, which all seeds have in common (bootstrap over test samples). Empty: not known, or not of test quality; intervals and tests are then over seeds alone.",
        ),
        "omnibus_test": (
            None,
            "Test of whether all methods of the dataset are alike in the quantity: Friedman, paired by seed; empty: fewer than three methods, or too few seeds that all of them have.",
        ),
        "omnibus_statistic": (None, "Friedman's chi-squared, corrected for ties."),
        "omnibus_p": (
            None,
            "Its p-value, the same in all rows of a dataset and quantity. It has fewer degrees of freedom than methods minus one where some methods vary more over seeds than others (Box 1954).",
        ),
        "paired_test": (
            None,
            "Test of the differences paired by seed: paired t (where `sample_error` is known, with test samples) or Wilcoxon signed-rank; empty: not tested.",
        ),
        "paired_statistic": (
            None,
            "t: the mean difference over its standard error, which includes `sample_error`; or the smaller sum of Wilcoxon's signed ranks.",
        ),
        "paired_p": (None, "Its two-sided p-value; empty: `note` says why."),
        "paired_p_holm": (
            None,
            "The same after Holm's correction. Each quantity of a dataset has two families: all pairs with the reference (`is_reference`), and all others (with the baseline and with controls).",
        ),
        "assumptions": (None, "Results of the checks of assumptions, and the tests that were chosen by them."),
        "equivalence_margin": ("metric", "How much worse still counts as no worse: `statistics.margins`."),
        "equivalence_p": (
            None,
            "One-sided p-value of the hypothesis that the method is worse than its reference by the margin or more (half of the two one-sided tests), uncorrected. Empty: not tested, or a control, for which nothing is claimed.",
        ),
        "equivalence_p_adjusted": (
            None,
            "Smallest alpha at which the method is shown to be no worse, when all methods of the dataset are tested together. The variants of a method that differ in sparsity alone are tested one after another, the largest first, up to the first that is not shown; alpha is shared among these sequences (Bretz et al. 2009).",
        ),
        "equivalence": (
            None,
            "no worse: `equivalence_p_adjusted` is at most alpha; the probability of any false `no worse` on a dataset is at most alpha. not shown: it is above alpha, which does not mean that the method is worse.",
        ),
        "outliers": (
            None,
            "Seeds of either method whose modified z-score is beyond `statistics.outlier_z`; they are kept. Of normal samples of 3 seeds, 29 % have one by chance.",
        ),
        "note": (None, "Why numbers are empty: too few seeds, no spread, unlike energies, values that are not known."),
        "energy_source": (None, "How energies are known; empty: not known, or not the same in all runs of the row."),
        "energy_scope": (
            None,
            "Devices that energies are over; empty: not known, or not the same in all runs of the row.",
        ),
    },
    "problems": {
        "problem": (
            None,
            "damaged, duplicate, mixed_data, mixed_code (`checks` decides about these), incomplete (the tables lack something), unsealed (a record without a checksum of its own) or without_model (seeds that diverged or ran out of memory, which comparisons lack).",
        ),
        "run": (None, "Id of the run that it is about; empty: it is about several runs."),
        "file": (None, "Path from the study's folder; empty: it is about no single file."),
        "text": (None, "The same as a sentence."),
    },
    "probe": {
        "device": (None, "Device that the meter reads."),
        "meter": (None, "Meter: nvml, rapl, plug, estimate or replay."),
        "model": (None, "Name of the device; empty: the meter does not tell."),
        "scope": (None, "gpu, cpu or machine."),
        "source": (None, "How its energies are known: measured, integrated, estimated or simulated."),
        "tick_s": ("s", "Period at which its counter is renewed; 0: readings are instantaneous."),
        "averaging_s": (
            "s",
            "Time over which its power readings are averaged: measured with a load that is switched on and off (0: less than 0.05 s), otherwise as its maker states; empty: not known.",
        ),
        "idle_w": ("W", "Power at rest."),
        "idle_noise_w": ("W", "Standard deviation of the power from reading to reading, at rest."),
        "load_w": ("W", "Power under load."),
        "load_noise_w": ("W", "Standard deviation of the power from reading to reading, under load."),
        "gain": ("fraction", "Systematic uncertainty of its energies (1 sigma); empty: not known."),
        "idle_counter_to_power": (
            "ratio",
            "Energy by its counter over that integrated from its power readings, at rest; empty: the meter does not have both.",
        ),
        "load_counter_to_power": ("ratio", "The same under load."),
        "contradiction": (None, "Whether the two differ by more than 5 %."),
        "edge_reading_error": (
            "fraction",
            "Error of an epoch's energy taken as the power read at its end times its length (root mean square).",
        ),
        "run_s": ("s", "Length of a run."),
        "fraction": (
            "fraction",
            "Smallest difference in energy between two runs of that length that the meter resolves (95 %), as a fraction of their energy; the runs' own spread comes on top.",
        ),
    },
}
