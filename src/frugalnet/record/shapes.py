"""Types of the values that tables read from the open parts of a record: machine, software and card of the data."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError


class _Open(BaseModel):
    """A part that may hold more than its known fields; these are strict: a number is not text."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Gpu(_Open):
    name: str


class _Machine(_Open):
    processor: str | None = None
    cores: int | None = None
    gpus: list[_Gpu] = []


class _Git(_Open):
    commit: str | None = None
    dirty: bool | None = None


class _Software(_Open):
    frugalnet: str | None = None
    python: str | None = None
    packages: dict[str, str | None] = {}
    git: _Git | None = None


class _File(_Open):
    name: str
    sha256: str


class _Card(_Open):
    name: str | None = None
    title: str | None = None
    level: str | None = None
    source: str | None = None
    licence: str | None = None
    citation: str | None = None
    n_classes: int | None = None
    samples: dict[str, int] = {}
    files: list[_File] = []


def _fits(shape: type[_Open]) -> AfterValidator:
    """Return a validator that refuses values of another shape and leaves the others as they are."""

    def check(values: dict[str, Any]) -> dict[str, Any]:
        try:
            shape.model_validate(values)
        except ValidationError as errors:
            first = errors.errors()[0]
            raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        return values

    return AfterValidator(check)


Machine = Annotated[dict[str, Any], _fits(_Machine)]
Software = Annotated[dict[str, Any], _fits(_Software)]
Card = Annotated[dict[str, Any], _fits(_Card)]
