"""The whole configuration of a results folder: the shared sections, and one for each study."""

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from frugalnet.config import compression
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.config.compression import Compression
from frugalnet.config.data import Data
from frugalnet.config.hours import read_hours
from frugalnet.config.measure import Measure
from frugalnet.config.section import NAME, Section, WrongValueError
from frugalnet.config.statistics import Statistics
from frugalnet.config.sweep import Sweep
from frugalnet.config.techniques import Techniques
from frugalnet.config.tracking import Tracking
from frugalnet.errors import FrugalNetError

MOVED: dict[str, str] = {**compression.MOVED}
"""Keys that have moved since earlier versions, and their present places."""


class Config(Section):
    """The whole configuration of a results folder."""

    name: str = Field("quick", pattern=NAME, max_length=100)
    """Name of the folder under `results/`."""
    data: Data = Data()
    compression: Compression = Compression()
    techniques: Techniques = Techniques()
    sweep: Sweep = Sweep()
    measure: Measure = Measure()
    carbon: Carbon = Carbon()
    statistics: Statistics = Statistics()
    checks: Checks = Checks()
    tracking: Tracking = Tracking()

    @field_validator("carbon")
    @classmethod
    def _hours_can_be_read(cls, carbon: Carbon, info: ValidationInfo) -> Carbon:
        """Read the hours here and not in `Carbon`: records hold that section too, and are read on machines without the file.

        When settings are read back from results, the validation context is the copy of the file in the results.
        """
        if info.context:
            carbon = carbon.with_copy(info.context)
        try:
            _ = carbon.hours and read_hours(carbon.hours)
        except FrugalNetError as error:
            raise WrongValueError("hourly", carbon.hourly, str(error)) from None
        return carbon

    @field_validator("compression", "techniques", "sweep")
    @classmethod
    def _files_are_there(cls, sheet: Any, info: ValidationInfo) -> Any:
        """Check files that a study starts from; settings that are read back from results take what these have of them."""
        if info.context:
            return sheet.with_copies(Path(info.context).parent)
        sheet.check_files()
        return sheet

    def of_study(self, study: str) -> Section:
        """Return the section of a study."""
        found: Section = getattr(self, study)
        return found

    @model_validator(mode="after")
    def _can_be_measured(self) -> "Config":
        self.compression.check_meters(self.measure)
        return self


def section_of(study: str, values: Any) -> Section:
    """Return the section of a study from its keys and values."""
    found: Section = Config.model_fields[study].annotation.model_validate(values)  # type: ignore[union-attr]
    return found
