"""The recipes that are chosen from the results of a study: `chosen.json`, written and read."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from frugalnet.files import replacing
from frugalnet.record.reading import read_model
from frugalnet.record.record import Chosen


class ChosenRecipes(BaseModel):
    """Recipes by the variant that is trained with them; none, and why, where there was nothing to choose by."""

    model_config = ConfigDict(extra="forbid")

    recipes: dict[str, Chosen] = {}
    nothing: str | None = None


def write_chosen(chosen: ChosenRecipes, path: Path) -> None:
    """Write chosen recipes, in one piece."""
    with replacing(path) as new:
        new.write_text(chosen.model_dump_json(indent=1) + "\n")


def read_chosen(path: Path) -> ChosenRecipes:
    """Return the chosen recipes in a file; raises FrugalNetError for one that is torn or of another layout."""
    then = "delete it, and the same command chooses anew"
    return read_model(ChosenRecipes, path, "recipes that were chosen from results", then)
