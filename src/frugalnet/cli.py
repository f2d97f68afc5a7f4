"""The command `frugalnet`: what can be done without the workflow, or with its results.

Each command hands over to one function, which is imported when it is called: `--help` loads nothing heavy.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from frugalnet.errors import FrugalNetError

CONFIG = Path("config/config.yaml")


class Commands(TyperGroup):
    """Commands whose FrugalNetError, or error of the file system, is one message, and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Do the command."""
        try:
            return super().invoke(ctx)
        except FrugalNetError as error:
            sys.exit(f"frugalnet {ctx.invoked_subcommand}: error: {error}")
        except OSError as error:  # a full or read-only disk, a folder in the place of a file
            place = "" if error.filename is None else f"{error.filename}: "
            sys.exit(f"frugalnet {ctx.invoked_subcommand}: error: {place}{error.strerror or error}")
        except KeyboardInterrupt:
            print(f"frugalnet {ctx.invoked_subcommand}: stopped", file=sys.stderr, flush=True)
            os._exit(130)  # libraries that are stopped at their end print tracebacks


app = typer.Typer(
    cls=Commands,
    help="Measure what makes neural networks cheaper, and what finding that out costs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ConfigFiles = Annotated[
    list[Path],
    typer.Option("--configfile", help=f"Settings on top of {CONFIG}, as Snakemake takes them; may be repeated."),
]
Settings = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="One more setting, as in measure.threads=2; may be repeated."),
]


Wait = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait", help="Where another process measures on this machine, wait until it has ended, or give up."
    ),
]


@app.callback()
def progress() -> None:
    """Tell of progress on standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("frugalnet").setLevel(logging.INFO)


@app.command()
def run(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="dataset/method, or with variant and seed: mnist/pruning/unit-s0.75/seed0; a study may stand in front.",
        ),
    ],
    configfile: ConfigFiles = [],  # noqa: B006
    setting: Settings = [],  # noqa: B006
    into: Annotated[Path, typer.Option(help="Folder that the results go to.")] = Path("results/runs"),
    again: Annotated[bool, typer.Option("--again", help="Measure the run anew where it is there already.")] = False,
    wait: Wait = True,
) -> None:
    """Do one measured run outside of the workflow, with the data and the parents that it needs, and print what it came to."""
    from frugalnet.commands.run import single_run

    single_run(name, [CONFIG, *configfile], setting, into, again, wait)


@app.command()
def probe(
    configfile: ConfigFiles = [],  # noqa: B006
    setting: Settings = [],  # noqa: B006
    against: Annotated[
        str | None,
        typer.Option(
            metavar="plug",
            help="Compare the meters with the wall plug (measure.plug), and keep that as calibration.json among the results.",
        ),
    ] = None,
    write: Annotated[Path | None, typer.Option(help="File to keep the findings in, as JSON.")] = None,
    wait: Wait = True,
) -> None:
    """Find out what the meters of this machine can tell, and print it."""
    from frugalnet.commands.probe import print_calibration, print_probe

    if against is None:
        print_probe([CONFIG, *configfile], setting, write, wait)
    else:
        print_calibration([CONFIG, *configfile], setting, against, write, wait)


@app.command()
def forecast(
    study: Annotated[
        str | None, typer.Argument(metavar="[STUDY]", help="A study of the catalogue, else the first.")
    ] = None,
    configfile: ConfigFiles = [],  # noqa: B006
    setting: Settings = [],  # noqa: B006
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Probe fewer networks; reckon the others by their operations."),
    ] = False,
    wait: Wait = True,
) -> None:
    """Say what a study will take, in time, energy and CO2e, from short probes of its networks."""
    from frugalnet.commands.forecast import print_forecast

    print_forecast(study, [CONFIG, *configfile], setting, quick, wait)


@app.command()
def script(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="dataset/method/variant: of its seeds, the best on validation data; or one of them; a study may stand in front.",
        ),
    ],
    results: Annotated[Path, typer.Option(help="Folder of results that has it.")] = Path("results/quick"),
    write: Annotated[Path | None, typer.Option(help="File to write; otherwise the script is printed.")] = None,
) -> None:
    """Write a plain Keras script that trains what a run found, without this project."""
    from frugalnet.commands.script import plain_script

    text = plain_script(name, results)
    if write:
        write.write_text(text)
    else:
        print(text, end="")


@app.command()
def rebuild(
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="Folder of results, as results/quick; or a package.")
    ],
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Of a package: new folder that its results go to, as results/mine."),
    ] = None,
) -> None:
    """Rebuild tables, figures and pages from raw files, without TensorFlow."""
    from frugalnet.commands.rebuild import rebuild

    rebuild(results, to)


@app.command()
def package(
    results: Annotated[
        Path,
        typer.Argument(metavar="RESULTS", help="Folder of results, as results/quick; to --renew, a light package."),
    ],
    write: Annotated[
        Path | None, typer.Option(help="Archive to write; otherwise RESULTS.zip, or RESULTS-light.zip.")
    ] = None,
    light: Annotated[
        bool,
        typer.Option(
            "--light", help="Leave out models, timelines, page and code: a few MB of records, tables and figures."
        ),
    ] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make tables, figures and checksums of a light package anew of its records.")
    ] = False,
) -> None:
    """Put results, and all that explains them, into one archive: an RO-Crate with checksums."""
    if renew:
        if write or light:
            raise FrugalNetError(
                "--renew writes the package in its own place, light as it is; expected no other option"
            )
        from frugalnet.commands.package.renewing import renew as renewed

        print(renewed(results))
        return
    from frugalnet.commands.package import package

    print(package(results, write, light))


@app.command()
def verify(
    archive: Annotated[
        Path, typer.Argument(metavar="PACKAGE", help="Archive of `frugalnet package`, or its folder, unpacked.")
    ],
) -> None:
    """Check that every file of a package is there, and as it was packed."""
    from frugalnet.commands.package import verify

    print(verify(archive))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="Folder of results, or package.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    write: Annotated[Path | None, typer.Option(help="Folder to keep the tables in, as CSV.")] = None,
) -> None:
    """Compare two results: what differs in settings, software and data, in every number, and which conclusions hold in both."""
    from frugalnet.commands.compare import print_comparison

    print_comparison(first, second, write)
