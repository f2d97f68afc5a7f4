"""What a plain script says about itself: where it comes from, what it does, and what may differ from the run."""

import textwrap

from frugalnet import catalogue
from frugalnet.commands.script.found import Found, does_as, is_random
from frugalnet.config.levels import written
from frugalnet.config.recipe import Recipe

WIDTH = 116
PACKAGES = ("tensorflow", "keras", "numpy")
TOLD = ("split", "scaling", "augmentation", "precision", "schedule", "label_smoothing", "early_stopping", "internal")
"""Keys of a recipe that the heading names where they are not the default."""


def heading(found: Found) -> str:
    """Return the docstring of the script."""
    run = found.run
    title = f"{catalogue.DATASETS[run.dataset].title}, {catalogue.METHODS[run.method].title} ({run.variant})"
    paragraphs = [_origin(found), _how(found), _differences(found)]
    body = "\n\n".join(textwrap.fill(text, WIDTH, break_on_hyphens=False) for text in paragraphs)
    usage = "\n".join(f"    python {text}" for text in _usage(run.dataset))
    return f'"""{_plain(title)}: one plain Keras script.\n\n{_plain(body)}\n\n{usage}\n"""'


def _plain(text: str) -> str:
    """Return text that cannot end the docstring around it, because a record may come from anybody."""
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text).translate(
        str.maketrans('"\\', "'/")
    )


def _usage(dataset: str) -> list[str]:
    own = {"sat6": ["SCRIPT --data sat-6-full.mat"], "pneumoniamnist": []}.get(dataset, ["SCRIPT"])
    return [*own, "SCRIPT --data FILE.npz", "SCRIPT --data FILE.npz --epochs 1"]


def _origin(found: Found) -> str:
    rec = found.record
    metric = catalogue.DATASETS[rec.run.dataset].metric
    unit = "" if metric == "accuracy" else f" ({catalogue.DATASETS[rec.run.dataset].unit})"
    software = rec.software
    versions = ", ".join(f"{name} {software['packages'].get(name)}" for name in PACKAGES)
    best = f", the best of {found.runs} runs on validation data" if found.runs > 1 else ""
    samples = rec.data["samples"]
    return (
        f"Written by FrugalNet {software['frugalnet']} from the run {rec.run.id}{best}. Measured there: {metric}{unit} "
        f"{rec.quality[f'test_{metric}']:.4f} on test and {rec.quality[f'validation_{metric}']:.4f} on validation data. "
        f"The data were of level {rec.data['level']}{_stand_ins(found)}: {samples['train']:,} samples for training, "
        f"{samples['validation']:,} for validation, {samples['test']:,} for testing. "
        f"Versions: Python {software['python']}, {versions}."
    )


def _stand_ins(found: Found) -> str:
    return " (made samples; real data give other numbers)" if found.record.data["level"] == "sample" else ""


def _how(found: Found) -> str:
    run, stage, nas = found.run, found.stage, found.nas
    sentences = []
    if nas and run.method != "width_scaled":
        sentences.append(
            f"An architecture search (tuner {nas.tuner}, {nas.trials} trials of up to {nas.epochs} epochs, space {nas.space}) "
            "found the network; it is not repeated here."
        )
    if run.method == "width_scaled":
        sentences.append("The network is the dataset's own, with widths scaled to the size of one that a search found.")
    if does_as(run, "scratch"):
        sentences.append("The network is the shape that pruning of units left, with new weights.")
    if run.teacher:
        sentences.append(f"The run also learned from predictions of {run.teacher}, which are left out here.")
    sentences.append("The network is trained from new weights.")
    if parts := _parts(run.recipe):
        sentences.append(f"The recipe has {parts}.")
    if chosen := found.record.chosen:
        sentences.append(f"The recipe was chosen from the results of the study. {chosen.because}")
    if stage and not stage.sparsity:
        sentences.append("Then it is trained further with a new optimizer.")
    if stage and stage.sparsity:
        what = {"unit": "units", "weight": "weights", "2:4": "weights, two of each four,"}[stage.granularity]
        drawn = ", drawn by chance" if is_random(run) else ""
        sentences.append(
            f"Then it is trained further with a new optimizer, and {100 * stage.sparsity:g} % of its {what} are pruned{drawn}."
        )
    if stage and stage.distillation:
        sentences.append("Its own predictions from before that are part of the targets (distillation).")
    if stage and stage.sparsity and stage.granularity == "unit":
        sentences.append(
            "Pruned units stay in the saved network as zeros; a network without them computes the same with fewer parameters."
        )
    return " ".join(sentences)


def _parts(recipe: Recipe) -> str:
    """Return what a recipe has that trainings need not have, in words."""
    values = {key: getattr(recipe, key) for key in TOLD if getattr(recipe, key) != Recipe.model_fields[key].default}
    return "; ".join(f"{key.replace('_', ' ')} {written(value)}" for key, value in values.items())


def _differences(found: Found) -> str:
    split = (
        "The split into training and validation part is that of the run, if the samples come in their official order"
    )
    if found.run.dataset == "california_housing":
        split = (
            "Keras has the samples in another order, and another test part, than the run, so the error differs a little"
        )
    elif found.run.recipe.split != "official":
        split = (
            "The parts are drawn from all samples, whatever part they were in; they are those of the run, if the samples "
            "come in their official order"
        )
    elif found.run.dataset == "pneumoniamnist":
        split = "A tenth of the training part is for validation; the run had the dataset's own validation part"
    rounded = (
        "TensorFlow Lite finds the ranges of activations by itself, on the samples that the run found them on, and may "
        "round in other places, so the int8 file differs a little. "
        if found.run.recipe.internal == "post_training_quantization"
        else ""
    )
    held = "The script holds all samples in memory; the run read its training samples from disk. "
    held = held if found.run.recipe.input == "disk" else ""
    return (
        f"{split}. {held}Initial weights may be drawn in another order than the run's; results then differ as between seeds. {rounded}"
        "Needs Keras 3 with TensorFlow, and NumPy; no GPU."
    )
