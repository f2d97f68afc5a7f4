"""What columns of the tables `trials`, `pareto` and `break_even` mean there, in the data dictionary's form."""

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
    "train_energy_j": ("J", "Energy of the trial's training alone, validation included."),
}
OWN: dict[str, dict[str, tuple[str | None, str]]] = {
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
            "Path of the trial's window: in `run/search`, or `trials/trial<n>` where another process tried it.",
        ),
        "hyperparameters": (None, "What the tuner chose, as JSON."),
        "parts": (None, "What each part adds to the objective, as JSON, in units of the metric."),
        "reason": (None, "Why the trial failed."),
    },
    "pareto": TRIAL
    | {
        "train_energy_per_epoch_j": ("J", "The same per epoch, which is what is compared: trials differ in epochs."),
        "front": (
            None,
            "Whether no other trial of the search is as good in quality and all `costs`, and better in one.",
        ),
        "hypervolume": (
            "fraction",
            "Volume that the trials of the search dominate, in shares of the baseline's error and `costs` that are gone; 0: no trial is better in all of them. A trial's error is of its best epoch, the baseline's of its last.",
        ),
        "hypervolume_parameters": ("fraction", "The same over error and `parameters_compacted` alone."),
        "costs": (
            None,
            "Costs that front and hypervolume are over: those that are known for all trials of the search.",
        ),
        "reason": (None, "Why there is no hypervolume."),
    },
    "break_even": {
        "batch": ("samples", "Batch size of inference."),
        "energy_to_solution_j": (
            "J",
            "Energy to get the model: search, failed trials, all training and pruning, parents and failed tries; mean over seeds.",
        ),
        "energy_per_inference_j": ("J", "Energy per sample in inference of the compacted model; mean over seeds."),
        "baseline_energy_per_inference_j": (
            "J",
            "Energy per sample in inference of the baseline's model as it is; mean over the same seeds.",
        ),
        "break_even_inferences": (
            "inferences",
            "Samples after which what an inference saves has paid for the energy to solution; inf: it saves nothing; empty: cannot be told from these runs.",
        ),
        "break_even_low": ("inferences", "Lower end of its 95 % interval over seeds (Fieller's theorem)."),
        "break_even_high": ("inferences", "Upper end of the same; inf: it may save nothing."),
        "reason": (None, "Why break-even or its interval is empty."),
        "seeds": ("runs", "Number of seeds that method and baseline both have; without a baseline, of runs."),
    },
}
