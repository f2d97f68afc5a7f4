"""What all sections of the configuration are: closed, immutable, and described key by key."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator

from frugalnet import catalogue


class Section(BaseModel):
    """A part of the configuration: closed (an unknown key is refused) and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _null(cls, written: Any) -> Any:
        """Take `null` that arrives as text: in a nested `--config` everything does."""
        return (
            {key: None if value == "null" else value for key, value in written.items()}
            if isinstance(written, dict)
            else written
        )


def _known(kind: str, names: dict[str, Any]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"unknown {kind}; known are {', '.join(names)}")
        return name

    return AfterValidator(check)


DatasetName = Annotated[str, _known("dataset", catalogue.DATASETS)]


NetworkName = Annotated[str, _known("network", catalogue.NETWORKS)]


MethodName = Annotated[str, _known("method", catalogue.METHODS)]


def overrides(section: type[Section]) -> Any:
    """Return the section with every key optional: what a dataset may say otherwise than the rest."""
    fields: dict[str, Any] = {
        name: (Annotated[field.annotation | None, Field(description=field.description), *field.metadata], None)  # type: ignore[operator]
        for name, field in section.model_fields.items()
    }
    return create_model(f"{section.__name__}Overrides", __base__=Section, **fields)


def merged(shared: Any, differing: Section, exclude: set[str] | None = None) -> Any:
    """Return a section with other values for some of its keys, also of those inside a key, checked."""
    values = shared.model_dump()
    for key, value in differing.model_dump(exclude_unset=True, exclude=exclude).items():
        values[key] = values[key] | value if isinstance(value, dict) else value
    return type(shared).model_validate(values)
