"""The constants of a script: the settings of its run, and what is pruned."""

from frugalnet import catalogue
from frugalnet.catalogue.recipes import EARLY_STOPPING, OPTIMIZERS, SCALINGS, SCHEDULES
from frugalnet.commands.script.architecture import Architecture
from frugalnet.commands.script.found import Found
from frugalnet.commands.script.prunable import kernels, units
from frugalnet.config.levels import given_settings, name_of, settings_of
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe

LOSSES = {"classification": "sparse_categorical_crossentropy", "regression": "mean_absolute_error"}


def constants(found: Found, architecture: Architecture) -> list[str]:
    """Return the constants of a script, as lines."""
    run, stage, pruning = found.run, found.stage, found.run.pruning
    dataset, recipe, classes = catalogue.DATASETS[run.dataset], run.recipe, found.record.data["n_classes"]
    as_long = pruning.epochs if pruning and stage is None else 0  # the control `scratch` trains for as long as pruning
    lines = [
        f"SEED = {run.seed}",
        f"CLASSES = {classes and int(classes)}",
        f'METRIC = "{dataset.metric}"',
        f'LOSS = "{LOSSES[dataset.task]}"',
        *_of_data(recipe),
        f"OPTIMIZER = {OPTIMIZERS[name_of(recipe.optimizer)].path.replace(':', '.')}",
        f"OPTIMIZER_SETTINGS = {_text(given_settings(recipe.optimizer))}",
        f"LEARNING_RATE = {recipe.learning_rate}",
        f"BATCH_SIZE = {recipe.batch_size}",
        f"STEPS_PER_EXECUTION = {recipe.steps_per_execution}  # changes the speed alone",
        f"JIT = {recipe.internal == 'jit'}",
        f"EPOCHS = {recipe.epochs + as_long}",
        *_of_training(recipe),
    ]
    return [*lines, *(_of_second_training(stage) if stage else []), *_candidates(architecture, stage)]


def prunes(stage: Pruning | None) -> bool:
    """Tell whether the second training prunes."""
    return stage is not None and stage.sparsity > 0


def _of_data(recipe: Recipe) -> list[str]:
    lines = []
    if recipe.split != "official":
        percent = tuple(map(int, recipe.split.split("-")))
        lines.append(f"SPLIT = {percent}  # percent of all samples for training, validation and test")
    if recipe.precision != "float32":
        comment = "  # Keras scales the loss up" if recipe.precision == "mixed_float16" else ""
        lines.append(f'PRECISION = "{recipe.precision}"{comment}')
    if name_of(recipe.scaling) == "fixed":
        settings = settings_of(recipe.scaling, SCALINGS["fixed"].settings)
        lines += [f"MEAN = {list(settings['mean'])}", f"DEVIATION = {list(settings['deviation'])}"]
    return lines


def _of_training(recipe: Recipe) -> list[str]:
    lines = []
    if (name := name_of(recipe.schedule)) != "constant":
        settings = settings_of(recipe.schedule, SCHEDULES[name].settings)
        lines.append(f"SCHEDULE = {_text(settings)}")
    if recipe.label_smoothing:
        lines.append(f"SMOOTHING = {recipe.label_smoothing}  # share of the labels that is spread over all classes")
    if recipe.early_stopping:
        settings = settings_of(recipe.early_stopping, EARLY_STOPPING)
        settings["restore_best_weights"] = settings.pop("restore_best")
        lines.append(f"EARLY_STOPPING = {_text(settings)}")
    return lines


def _of_second_training(stage: Pruning) -> list[str]:
    lines = [f"MORE_EPOCHS = {stage.epochs}  # of the second training"]
    if prunes(stage):
        lines += [
            f"SPARSITY = {stage.sparsity}  # fraction that is dropped in the end",
            f"INITIAL_SPARSITY = {stage.initial_sparsity}",
            f"RAMP = {stage.ramp}  # share of the second training in which the masks are renewed",
            f"UPDATE_STEPS = {stage.update_steps}  # steps of the optimizer between two updates of the masks",
        ]
    if stage.distillation:
        lines += [
            f"DISTILLATION = {stage.distillation}  # share of the network's own predictions in the targets",
            f"TEMPERATURE = {stage.temperature}  # softens them",
        ]
    return lines


def _candidates(architecture: Architecture, stage: Pruning | None) -> list[str]:
    """Return what can be pruned."""
    if stage is None or not prunes(stage):
        return []
    if stage.granularity != "unit":
        found = kernels(architecture, stage.exclude, stage.prune_output)
        return [
            "WEIGHTS = [  # layers, and their weights that are pruned",
            *(f"    {_text(each)}," for each in found),
            "]",
        ]
    lines = ["UNITS = {  # all that belongs to the units of a layer: layer, weight, and the axis of the units"]
    for name, members in units(architecture, stage.exclude).items():
        lines += [f'    "{name}": [', *(f"        {_text(each)}," for each in members), "    ],"]
    return [*lines, "}"]


def _text(value: object) -> str:
    return repr(value).replace("'", '"')
