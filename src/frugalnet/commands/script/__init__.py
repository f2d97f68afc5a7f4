"""One plain Keras script that trains what a run found, without this project, for those who want to take it away.

The architecture is written out from the saved model, the settings come from the record, and functions and classes from
`pieces`.
"""

from pathlib import Path

from frugalnet.commands.script.architecture import Architecture, code_of, read_architecture
from frugalnet.commands.script.assembled import imports, needed
from frugalnet.commands.script.constants import constants
from frugalnet.commands.script.found import Found, find
from frugalnet.commands.script.heading import heading
from frugalnet.commands.script.main import main
from frugalnet.commands.script.trained import changes, train
from frugalnet.commands.script.unwritten import check
from frugalnet.errors import FrugalNetError
from frugalnet.record.paths import MODEL

TYPES = "Part = tuple[np.ndarray, np.ndarray]  # samples and targets"


def plain_script(name: str, results: Path) -> str:
    """Return the script of a run in a folder of results; `dataset/method/variant` is the best of its seeds on validation data.

    `default` is the best of all variants if the method has none of that name; so is `best`, whose variants are chosen
    configurations, without a variant. Raises FrugalNetError for a name that the results do not have, for a network that
    plain Keras cannot build, and for a recipe that it cannot have.
    """
    found = find(name, results)
    check(found)
    try:
        return _text_of(found, read_architecture(found.folder / MODEL))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise FrugalNetError(
            f"{found.folder}: no script can be written from its record and model ({type(error).__name__}: {error})"
        ) from None


def _text_of(found: Found, architecture: Architecture) -> str:
    recipe = found.run.recipe
    code = [
        *([changes(recipe, architecture.channels)] if recipe.augmentation else []),
        train(recipe),
        code_of(architecture, recipe.scaling, recipe.precision),
        main(found),
    ]
    text = "\n\n\n".join(["\n".join(constants(found, architecture)), *needed("\n".join(code)), *code])
    return f"{heading(found)}\n\n{imports(text)}\n\n{TYPES}\n\n{text}\n"
