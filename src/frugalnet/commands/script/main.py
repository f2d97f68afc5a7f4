"""The function `main` of a script."""

from frugalnet import catalogue
from frugalnet.commands.script.constants import prunes
from frugalnet.commands.script.found import Found, is_random
from frugalnet.commands.script.trained import of_probabilities
from frugalnet.config.pruning import Pruning

LOADED = ("mnist", "cifar10", "california_housing", "sat6")
"""Datasets that a script can load by itself, or from an official file."""
CHOICES = {"layer": "same_in_each_layer", "global": "smallest_of_all_layers", "spread": "more_of_large_layers"}
PROBABILITIES = '"categorical_crossentropy"'


def main(found: Found) -> str:
    """Return the function `main`, and its call."""
    run, stage = found.run, found.stage
    metric = f"test_{catalogue.DATASETS[run.dataset].metric}"
    load = f"load_{run.dataset}" if run.dataset in LOADED else "load_file"
    split = "split" if run.recipe.split == "official" else "split_of_all"
    loss = PROBABILITIES if of_probabilities(run.recipe) else "LOSS"
    return f"""\
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="file with x_train, y_train, x_test and y_test, of numpy.savez")
    parser.add_argument("--epochs", type=int, help="epochs of each training; otherwise those of the run")
    parser.add_argument("--save", type=Path, default=Path("model.keras"), help="file that the network is saved to")
    arguments = parser.parse_args()

    training, validation, test = {split}(*{load}(arguments.data))

    # The first training, from new weights.
    keras.utils.set_random_seed(SEED)
    network = build_network(training[0])
    train(network, training, validation, arguments.epochs or EPOCHS, {loss})
{_second_training(stage, found) if stage else ""}
    # The result, on data that no choice depended on.
    network.compile(loss=LOSS, metrics=[METRIC])
    found = network.evaluate(*test, BATCH_SIZE, verbose=0, return_dict=True)
    weights = [weight.numpy() for weight in network.trainable_variables]
    left, total = sum(map(np.count_nonzero, weights)), sum(weight.size for weight in weights)
    print(f"test {{METRIC}} {{found[METRIC]:.4f}}; the run had {found.record.quality[metric]:.4f}")
    print(f"{{left:,}} of {{total:,}} parameters are not zero; the run had {_left(found)}")
    network.save(arguments.save, include_optimizer=False)
{_int8(found, metric) if run.recipe.internal == "post_training_quantization" else ""}

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
    if prunes(stage):
        candidates = f"{'Units' if stage.granularity == 'unit' else 'Weights'}(network)"
        candidates = f"AtRandom({candidates})" if is_random(found.run) else candidates
        once = stage.granularity == "2:4"
        choose, schedule = "two_of_four" if once else CHOICES[stage.allocation], "constant" if once else stage.schedule
        lines[1] = "# The second training: the network is trained further, and its least important parts are dropped."
        lines.append("steps = epochs * math.ceil(len(training[0]) / BATCH_SIZE)")
        lines.append(f"masking = Masking({candidates}, {choose}, {schedule}, steps)")
        callbacks = ", [masking]"
    loss = PROBABILITIES if of_probabilities(found.run.recipe) else "LOSS"
    if stage.distillation:
        classes = found.record.data["n_classes"]
        lines.append(f"training = training[0], {'soft_classes' if classes else 'soft_numbers'}(network, *training)")
        if classes:
            lines.append("validation = validation[0], one_hot(validation[1])")
            loss = PROBABILITIES
    lines += [f"train(network, training, validation, epochs, {loss}{callbacks})", ""]
    return "\n".join(f"    {line}" if line else "" for line in lines)


def _int8(found: Found, metric: str) -> str:
    """Return the lines that round the trained network."""
    deployed = found.record.deployed
    had = (
        f"the run had {deployed.quality[metric]:.4f} and {deployed.bytes:,}" if deployed else "the run had no such file"
    )
    return f"""
    # The trained network, rounded.
    content = int8_file(network, training[0])
    arguments.save.with_suffix(".tflite").write_bytes(content)
    print(f"int8: test {{METRIC}} {{int8_quality(content, *test):.4f}}, {{len(content):,}} bytes; {had}")
"""
