"""One plain Keras script that trains what a run found, without this project, for those who want to take it away.

The architecture is written out from the saved model, the settings come from the record, and functions and classes from
`pieces`.
"""

import ast
from pathlib import Path

from frugalnet import catalogue
from frugalnet.catalogue.recipes import OPTIMIZERS
from frugalnet.commands.script.architecture import Architecture, code_of, read_architecture
from frugalnet.commands.script.found import Found, find, is_random
from frugalnet.commands.script.heading import heading
from frugalnet.commands.script.prunable import kernels, units
from frugalnet.config.levels import given_settings, name_of
from frugalnet.config.pruning import Pruning
from frugalnet.config.run import Run
from frugalnet.errors import FrugalNetError
from frugalnet.record.paths import MODEL

LOSSES = {"classification": "sparse_categorical_crossentropy", "regression": "mean_absolute_error"}
CHOICES = {"layer": "same_in_each_layer", "global": "smallest_of_all_layers", "spread": "more_of_large_layers"}
SCALINGS, INTERNALS = ("unit", "standard"), ("none", "jit")
"""Levels that a script can write; of the other keys of a recipe it writes those that every training has."""
TYPES = "Part = tuple[np.ndarray, np.ndarray]  # samples and targets"


def plain_script(name: str, results: Path) -> str:
    """Return the script of a run in a folder of results; `dataset/method/variant` is the best of its seeds on validation data.

    `default` is the best of all variants if the method has none of that name. Raises FrugalNetError for a name that the
    results do not have, and for a network that plain Keras cannot build.
    """
    found = find(name, results)
    if keys := list(dict.fromkeys(key for run in found.chain for key in unwritten(run))):
        raise FrugalNetError(
            f"{found.folder}: a plain script cannot do what the run had as {', '.join(keys)}; expected a recipe with an "
            "optimizer, a learning rate, a batch size and epochs, scaling unit or standard, and no other parts"
        )
    try:
        return _text_of(found, read_architecture(found.folder / MODEL))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise FrugalNetError(
            f"{found.folder}: no script can be written from its record and model ({type(error).__name__}: {error})"
        ) from None


def unwritten(run: Run) -> list[str]:
    """Return the keys of the recipe of a run whose effect a script cannot have."""
    recipe = run.recipe
    written = {"scaling": recipe.scaling in SCALINGS, "internal": recipe.internal in INTERNALS, "optimizer": True}
    keys = [
        key
        for section, _, key in (str(part.key).partition(".") for part in catalogue.RECIPE_PARTS.values())
        if section == "recipe"
    ]
    without = {str(part.key): part.without for part in catalogue.RECIPE_PARTS.values()}
    effects = [key for key in keys if not written.get(key, getattr(recipe, key) == without[f"recipe.{key}"])]
    return [f"recipe.{key}" for key in keys if key in effects or key in run.resolved]


def _text_of(found: Found, architecture: Architecture) -> str:
    standard = found.record.run.recipe.scaling == "standard"
    code = [code_of(architecture, standard), _main(found)]
    pieces = _pieces(_needed("\n".join(code)))
    constants = [*_settings(found), *(_candidates(architecture, found.stage) if _prunes(found.stage) else [])]
    text = "\n\n\n".join(["\n".join(constants), *pieces, *code])
    return f"{heading(found)}\n\n{_imports(text)}\n\n{TYPES}\n\n{text}\n"


def _prunes(stage: Pruning | None) -> bool:
    return stage is not None and stage.sparsity > 0


def _settings(found: Found) -> list[str]:
    """Return the constants of the script, as lines."""
    run, stage, pruning = found.record.run, found.stage, found.record.run.pruning
    dataset, recipe, classes = catalogue.DATASETS[run.dataset], run.recipe, found.record.data["n_classes"]
    as_long = pruning.epochs if pruning and stage is None else 0  # the control `scratch` trains for as long as pruning
    lines = [
        f"SEED = {run.seed}",
        f"CLASSES = {classes and int(classes)}",
        f'METRIC = "{dataset.metric}"',
        f'LOSS = "{LOSSES[dataset.task]}"',
        f"OPTIMIZER = {OPTIMIZERS[name_of(recipe.optimizer)].path.replace(':', '.')}",
        f"OPTIMIZER_SETTINGS = {_text(given_settings(recipe.optimizer))}",
        f"LEARNING_RATE = {recipe.learning_rate}",
        f"BATCH_SIZE = {recipe.batch_size}",
        f"STEPS_PER_EXECUTION = {recipe.steps_per_execution}  # changes the speed alone",
        f"JIT = {recipe.internal == 'jit'}",
        f"EPOCHS = {recipe.epochs + as_long}",
    ]
    if stage:
        lines.append(f"MORE_EPOCHS = {stage.epochs}  # of the second training")
    if stage and _prunes(stage):
        lines += [
            f"SPARSITY = {stage.sparsity}  # fraction that is dropped in the end",
            f"INITIAL_SPARSITY = {stage.initial_sparsity}",
            f"RAMP = {stage.ramp}  # share of the second training in which the masks are renewed",
            f"UPDATE_STEPS = {stage.update_steps}  # steps of the optimizer between two updates of the masks",
        ]
    if stage and stage.distillation:
        lines += [
            f"DISTILLATION = {stage.distillation}  # share of the network's own predictions in the targets",
            f"TEMPERATURE = {stage.temperature}  # softens them",
        ]
    return lines


def _candidates(architecture: Architecture, stage: Pruning | None) -> list[str]:
    """Return what can be pruned, as lines of a constant of the script."""
    assert stage is not None
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


def _main(found: Found) -> str:
    """Return the function `main` of the script."""
    run, stage = found.record.run, found.stage
    metric = f"test_{catalogue.DATASETS[run.dataset].metric}"
    load = f"load_{run.dataset}" if run.dataset in ("mnist", "cifar10", "california_housing", "sat6") else "load_file"
    return f"""\
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="file with x_train, y_train, x_test and y_test, of numpy.savez")
    parser.add_argument("--epochs", type=int, help="epochs of each training; otherwise those of the run")
    parser.add_argument("--save", type=Path, default=Path("model.keras"), help="file that the network is saved to")
    arguments = parser.parse_args()

    (x, y), (x_test, y_test) = {load}(arguments.data)
    training, validation = split(x, y.ravel())

    # The first training, from new weights.
    keras.utils.set_random_seed(SEED)
    network = build_network(training[0])
    train(network, training, validation, arguments.epochs or EPOCHS, LOSS)
{_second_training(stage, found) if stage else ""}
    # The result, on data that no choice depended on.
    network.compile(loss=LOSS, metrics=[METRIC])
    found = network.evaluate(x_test, y_test.ravel(), BATCH_SIZE, verbose=0, return_dict=True)
    weights = [weight.numpy() for weight in network.trainable_variables]
    left, total = sum(map(np.count_nonzero, weights)), sum(weight.size for weight in weights)
    print(f"test {{METRIC}} {{found[METRIC]:.4f}}; the run had {found.record.quality[metric]:.4f}")
    print(f"{{left:,}} of {{total:,}} parameters are not zero; the run had {_left(found)}")
    network.save(arguments.save, include_optimizer=False)


if __name__ == "__main__":
    main()"""


def _left(found: Found) -> str:
    model = found.record.model
    assert model is not None
    return f"{model.parameters_nonzero:,} of {model.parameters:,}"


def _second_training(stage: Pruning, found: Found) -> str:
    """Return the lines of the second training, with or without pruning."""
    lines = ["", "# The second training: the network is trained further."]
    lines += ["keras.utils.set_random_seed(SEED)", "epochs = arguments.epochs or MORE_EPOCHS"]
    callbacks = ""
    if _prunes(stage):
        candidates = f"{'Units' if stage.granularity == 'unit' else 'Weights'}(network)"
        candidates = f"AtRandom({candidates})" if is_random(found.record.run) else candidates
        once = stage.granularity == "2:4"
        choose, schedule = "two_of_four" if once else CHOICES[stage.allocation], "constant" if once else stage.schedule
        lines[1] = "# The second training: the network is trained further, and its least important parts are dropped."
        lines.append("steps = epochs * math.ceil(len(training[0]) / BATCH_SIZE)")
        lines.append(f"masking = Masking({candidates}, {choose}, {schedule}, steps)")
        callbacks = ", [masking]"
    loss = "LOSS"
    if stage.distillation:
        classes = found.record.data["n_classes"]
        lines.append(f"training = training[0], {'soft_classes' if classes else 'soft_numbers'}(network, *training)")
        if classes:
            lines.append("validation = validation[0], one_hot(validation[1])")
            loss = '"categorical_crossentropy"'
    lines += [f"train(network, training, validation, epochs, {loss}{callbacks})", ""]
    return "\n".join(f"    {line}" if line else "" for line in lines)


def _definitions() -> dict[str, str]:
    """Return the text of each function and class of the pieces, in their order."""
    found: dict[str, str] = {}
    for name in ("training.py", "masking.py"):
        text = (Path(__file__).with_name("pieces") / name).read_text()
        nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        found |= {node.name: ast.get_source_segment(text, node) or "" for node in nodes}
    return found


def _needed(code: str) -> set[str]:
    """Return the pieces that code names, and those that they name in turn."""
    definitions, found = _definitions(), set[str]()
    left = [code]
    while left:
        named = {node.id for node in ast.walk(ast.parse(left.pop())) if isinstance(node, ast.Name)}
        new = (named & definitions.keys()) - found
        found |= new
        left += [definitions[name] for name in new]
    return found


def _pieces(names: set[str]) -> list[str]:
    return [text for name, text in _definitions().items() if name in names]


def _imports(text: str) -> str:
    """Return the imports of a script; some are there only if it needs them."""
    named = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    abstract = ", ".join(sorted(named & {"Callable", "Sequence"}))
    lines = [
        "import argparse",
        *(["import math"] if "math" in named else []),
        "import os",
        *([f"from collections.abc import {abstract}"] if abstract else []),
        "from pathlib import Path",
        *(["from typing import Any"] if "Any" in named else []),
        "",
        'os.environ["KERAS_BACKEND"] = "tensorflow"',
        "",
        "import keras",
        "import numpy as np",
        "from keras import layers",
    ]
    return "\n".join(lines)
