"""Pack results: gather, describe, write in one piece."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from frugalnet.commands.package import light as light_package
from frugalnet.commands.package.about import DATA_LICENCE, About, about_of
from frugalnet.commands.package.archive import LENGTH, Packed, Zip, seal
from frugalnet.commands.package.contents import BESIDE, refuse_damaged, studies_of
from frugalnet.commands.package.crate import METADATA, SPDX, metadata
from frugalnet.commands.package.gathered import check_data, files_of
from frugalnet.commands.package.schema import DATA_PACKAGE, data_package
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing, scratch
from frugalnet.record.paths import CARBON_HOURS, SETTINGS

README = "README.md"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
WITHOUT_SETTINGS = (
    "The configuration is not in the package: `record.json` of each run has the settings of that run. Write them into a file\n"
    "`YOUR_SETTINGS.yaml` first (`config/README.md` describes every key).\n\n"
)
TEXT, LIGHT_TEXT = (Path(__file__).with_name(name) for name in ("readme.md", "readme_light.md"))


def package(results: Path, archive: Path | None = None, light: bool = False) -> str:
    """Write results, with all that explains them, into a zip, by default beside them, and return what was packed.

    Code, licences and locks are those of the working folder. A `light` package has no code, and only those raw files
    from which tables are made. Raises FrugalNetError for results that are not finished or whose raw files are not as
    recorded, and for an archive inside the results.
    """
    working = Path()
    archive = archive or _beside(results, light)
    if archive.resolve().is_relative_to(results.resolve()):
        raise FrugalNetError(
            f"{archive}: lies inside the results that it would hold; expected a place beside {results}"
        )
    if archive.is_dir():
        raise FrugalNetError(f"{archive}: is a folder; expected the name of a file to write")
    studies = studies_of(results, light)
    check_data(studies, working)
    with scratch() as temporary:
        if light:
            studies = [light_package.of_tables(study) for study in studies]
            files = light_package.files_of(results, studies, working, temporary)
        else:
            files = files_of(results, studies, working)
        about = about_of(results, studies, working, light)
        with replacing(archive) as new, new.open("w+b") as stream:
            with zipfile.ZipFile(stream, "w") as opened:
                opened.comment = bytes(LENGTH)
                zipped = _fill(Zip(opened, stream), files, about)
            seal(stream)
    size = sum(file.size for file in zipped.packed.values())
    return (
        f"{archive}: {len(zipped.packed)} files, {size / 1e6:,.1f} MB ({archive.stat().st_size / 1e6:,.1f} MB packed)\n"
        f"{about.sentence()}\nCheck it with: frugalnet verify {archive}"
    )


def _beside(results: Path, light: bool) -> Path:
    folder = results if results.name.strip(".") else results.resolve()
    return folder.with_name(f"{folder.name}{'-light' if light else ''}.zip")


def _fill(zipped: Zip, files: Mapping[str, Path], about: About) -> Zip:
    """Add the files, then their description, then their checksums."""
    for name, path in files.items():
        with path.open("rb") as stream:
            zipped.add(name, stream, path.stat().st_size)
    if not about.light:  # its raw files were checked when their archive was written
        _refuse_damaged(zipped.packed, files, about)
    _add_text(zipped, README, _readme(about, zipped.packed))
    folders = [study.folder for study in about.studies]
    _add_json(zipped, DATA_PACKAGE, data_package(_properties(about), folders, zipped.packed))
    _add_json(zipped, METADATA, metadata(about, zipped.packed))
    for name in (MANIFEST, TAG_MANIFEST):
        within = zipped.packed if name == MANIFEST else {MANIFEST: zipped.packed[MANIFEST]}
        _add_text(zipped, name, "".join(f"{file.sha256}  {path}\n" for path, file in sorted(within.items())))
    return zipped


def _refuse_damaged(packed: Mapping[str, Packed], files: Mapping[str, Path], about: About) -> None:
    checksums = {path.resolve(): packed[name].sha256 for name, path in files.items()}
    records = {
        path.resolve(): record for study in about.studies for path, record in (study.records | study.failed).items()
    }
    refuse_damaged(records, checksums)


def _properties(about: About) -> dict[str, Any]:
    """Return the properties of the whole package for the Data Package."""
    return {
        "name": f"frugalnet-{about.name}".lower(),
        "title": about.title,
        "description": about.sentence(),
        "created": f"{about.published}T00:00:00Z",
        "licenses": [{"name": DATA_LICENCE, "path": f"{SPDX}{DATA_LICENCE}"}],
        "contributors": [{"title": author["name"], "role": "author"} for author in about.authors()],
        "keywords": about.citation.get("keywords", []),
    }


def _readme(about: About, packed: Mapping[str, Packed]) -> str:
    """Return the text for readers; it names settings and probe only if they are there, because single runs have no settings."""
    results = f"results/{about.name}"
    there = {name: what for name, what in BESIDE.items() if f"{results}/{name}" in packed}
    return Template((LIGHT_TEXT if about.light else TEXT).read_text(encoding="utf-8")).substitute(
        title=about.title,
        contents=about.sentence(),
        results=results,
        beside="".join(f"| `{results}/{name}` | {what} |\n" for name, what in there.items()),
        lacking="" if SETTINGS in there else WITHOUT_SETTINGS,
        settings=f"{results}/{SETTINGS}" if SETTINGS in there else "YOUR_SETTINGS.yaml",
        hours=f" carbon='{{hourly: {results}/{CARBON_HOURS}}}'" if CARBON_HOURS in there else "",
    )


def _add_json(zipped: Zip, name: str, content: dict[str, Any]) -> None:
    _add_text(zipped, name, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _add_text(zipped: Zip, name: str, text: str) -> None:
    data = text.encode()
    zipped.add(name, io.BytesIO(data), len(data))
