"""The description of a package as linked data: RO-Crate 1.1 (https://w3id.org/ro/crate/1.1), made by its library."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from rocrate.model import ContextEntity, Person
from rocrate.rocrate import ROCrate
from rocrate.utils import is_url

import frugalnet
from frugalnet.commands.package.about import DATA_LICENCE, About, unique
from frugalnet.commands.package.archive import Packed
from frugalnet.commands.package.contents import Study
from frugalnet.record import paths
from frugalnet.record.record import Record

METADATA = "ro-crate-metadata.json"
SPDX = "https://spdx.org/licenses/"
FORMATS = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".yaml": "application/yaml",
    ".md": "text/markdown",
    ".py": "text/x-python",
    ".keras": "application/zip",
    ".xz": "application/x-xz",
}
TITLES = {
    "raw": "What each measured run left: record, timeline of the meters, windows, epochs, trials, model",
    "failed": "What failed tries left: their joules count",
    "trials": "Trials of searches that were jobs of their own",
    "interim": "Raw files as tidy tables",
    "processed": "Processed tables: comparisons, tests and other results",
    "figures": "Figures",
}
OF_ARCHIVE = "What each measured run and each failed try left: record, epochs, trials, scores of test samples"
"""Description of the raw files in a light package."""

MADE_OF_RAW = (paths.INTERIM, paths.PROCESSED, paths.FIGURES)
"""Folders of what is made from raw files."""


def metadata(about: About, packed: Mapping[str, Packed]) -> dict[str, Any]:
    """Return the content of `ro-crate-metadata.json` for the files of a package."""
    crate = ROCrate()
    root = crate.root_dataset
    root["name"], root["description"], root["datePublished"] = about.title, about.sentence(), about.published
    root["author"] = [_author(crate, author) for author in about.authors()]
    root["license"] = _licence(crate, DATA_LICENCE)
    root["keywords"] = about.citation.get("keywords", [])
    code = _software(crate, about)
    root["mentions"] = code
    for name, file in packed.items():
        crate.add_file(dest_path=name, properties=_properties(name, file))
    for study in about.studies:
        _study(crate, about, study, code, list(packed))
    made: dict[str, Any] = crate.metadata.generate()
    return made | {"@graph": [_compact(entity) for entity in made["@graph"]]}


def _compact(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entity without lists of one value and without empty values, as RO-Crate recommends."""
    lists = {name: value for name, value in entity.items() if isinstance(value, list)}
    return {name: lists[name][0] if len(lists.get(name, ())) == 1 else value for name, value in entity.items() if value}


def _properties(name: str, file: Packed) -> dict[str, str]:
    path = PurePosixPath(name)
    return {
        "name": path.stem if path.parent.name in MADE_OF_RAW else path.name,
        "encodingFormat": FORMATS.get(path.suffix, "text/plain"),
        "contentSize": str(file.size),
    }


def _author(crate: ROCrate, author: Mapping[str, str]) -> Any:
    kind = {"@type": author["type"], "name": author["name"]}
    return crate.add((Person if author["type"] == "Person" else ContextEntity)(crate, author["id"], properties=kind))


def _licence(crate: ROCrate, name: str) -> Any:
    return crate.add(ContextEntity(crate, f"{SPDX}{name}", properties={"@type": "CreativeWork", "name": name}))


def _software(crate: ROCrate, about: About) -> Any:
    """Add this package, with its commit, and the packages that the runs were made with."""
    commit = {"identifier": about.git["commit"]} if about.git else {}
    code = {
        "@type": "SoftwareApplication",
        "name": "FrugalNet",
        "version": frugalnet.__version__,
        "description": about.code,
        **commit,
    }
    entity = crate.add(ContextEntity(crate, "#frugalnet", properties=code))
    entity["license"] = _licence(crate, about.citation["license"])
    entity["softwareRequirements"] = [
        crate.add(ContextEntity(crate, f"#{name}-{version}", properties=_application(name, version)))
        for name, version in _packages(about.records)
    ]
    return entity


def _application(name: str, version: str) -> dict[str, str]:
    return {"@type": "SoftwareApplication", "name": name, "version": version}


def _packages(records: Iterable[Record]) -> list[tuple[str, str]]:
    """Return Python and the packages that did the work, in all versions that the runs used."""
    found = [{"python": record.software.get("python"), **record.software["packages"]} for record in records]
    return sorted({(name, version) for versions in found for name, version in versions.items() if version})


def _study(crate: ROCrate, about: About, study: Study, code: Any, names: list[str]) -> None:
    """Add a study, its parts, its data, and the two steps that made it."""
    folder = f"results/{about.name}/{study.name}/"
    data = [_data(crate, card) for card in _cards(study)]
    parts = _parts(crate, folder, names)
    pages = [crate.get(name) for name in names if name.startswith(f"{folder}analysis.")]
    crate.add_dataset(
        dest_path=folder,
        properties={"name": f"Study {study.name}", "hasPart": [*parts.values(), *pages], "about": data},
    )
    for name in names:
        if name.startswith(folder) and name.endswith(".csv") and f"/{paths.RAW}/" not in name:
            crate.get(name)["about"] = data
    _steps(crate, study, code, data, parts, pages)


def _parts(crate: ROCrate, folder: str, names: list[str]) -> dict[str, Any]:
    """Add the folders of a study that have files, and return them by name."""
    inside = {part: [name for name in names if name.startswith(f"{folder}{part}/")] for part in TITLES}
    parts = {
        part: crate.add_dataset(
            dest_path=f"{folder}{part}",
            properties={"name": TITLES[part], "hasPart": [{"@id": name} for name in files]},
        )
        for part, files in inside.items()
        if files
    }
    if packed := crate.get(f"{folder}{paths.RAW_ARCHIVE}"):
        packed["description"] = OF_ARCHIVE
        parts[paths.RAW] = packed
    return parts


def _steps(
    crate: ROCrate, study: Study, code: Any, data: list[Any], parts: Mapping[str, Any], pages: list[Any]
) -> None:
    """Add the two steps: from data to raw files, and from raw files to the rest."""
    records = study.records.values()
    machines = unique(str(record.machine["processor"]) for record in records)
    crate.add_action(
        code,
        identifier=f"#measured-{study.name}",
        object=data,
        result=parts[paths.RAW],
        properties={
            "name": f"Measured runs of {study.name}",
            "startTime": min(record.started for record in records),
            "description": f"On {', '.join(machines)}.",
        },
    )
    crate.add_action(
        code,
        identifier=f"#analysed-{study.name}",
        object=parts[paths.RAW],
        result=[*(part for name, part in parts.items() if name in MADE_OF_RAW), *pages],
        properties={"name": f"Tables, figures and page of {study.name}"},
    )


def _cards(study: Study) -> list[dict[str, Any]]:
    cards = {record.run.dataset: record.data | {"name": record.run.dataset} for record in study.records.values()}
    return list(cards.values())


def _data(crate: ROCrate, card: Mapping[str, Any]) -> Any:
    """Add a dataset that was learned from; it is not in the package itself."""
    files = card.get("files", [])
    samples = ", ".join(f"{part} {number}" for part, number in card.get("samples", {}).items())
    known = {
        "@type": "CreativeWork",
        "name": card.get("title") or card["name"],
        "description": f"Level: {card['level']}. Samples: {samples}.",
        "license": card.get("licence"),
        "citation": card.get("citation"),
        "identifier": [f"{file['name']} sha256:{file['sha256']}" for file in files],
        "isBasedOn": unique(str(file["origin"]) for file in files),
    }
    return crate.add(
        ContextEntity(
            crate, f"#data-{card['name']}", properties={name: value for name, value in known.items() if value}
        )
    )


def missing_names(content: dict[str, Any], names: Iterable[str]) -> list[str]:
    """Return the files and folders that a description names and the package lacks.

    Raises ValueError or KeyError for a description that is no RO-Crate.
    """
    there = set(names)
    folders = {f"{parent}/" for name in there for parent in PurePosixPath(name).parents}
    local = [unquote(entity.id) for entity in ROCrate(content).data_entities if not is_url(entity.id)]
    return [name for name in local if name not in (folders if name.endswith("/") else there)]
