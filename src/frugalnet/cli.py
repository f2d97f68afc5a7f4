"""The command `frugalnet`: single runs, probes and forecasts without the workflow, and what is done with results.

Each command calls one function, and imports it only then: `--help` loads nothing heavy.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from frugalnet.catalogue import first_study
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
    typer.Option("--configfile", help=f"YAML file with settings that override {CONFIG}; may be repeated."),
]
Settings = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Single setting, as in measure.threads=2; may be repeated."),
]


Wait = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait", help="While another process measures on this machine: wait for it, or give up at once."
    ),
]


@app.callback()
def progress() -> None:
    """Log progress to standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("frugalnet").setLevel(logging.INFO)


@app.command()
def run(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="dataset/method, as mnist/pruning; variant, seed and study may be named too: "
            f"{first_study()}/mnist/pruning/unit-s0.75/seed0.",
        ),
    ],
    configfile: ConfigFiles = [],  # noqa: B006
    setting: Settings = [],  # noqa: B006
    into: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("results/runs"),
    again: Annotated[
        bool, typer.Option("--again", help="Measure the run anew, even if its results are there.")
    ] = False,
    wait: Wait = True,
) -> None:
    """Do one measured run without the workflow, after the data and runs that it needs, and print its results.

    As in: frugalnet run sweep/cifar100/baseline/resnet8-lr0.1-step --configfile mine.yaml --set sweep.recipe.weight_decay=0.0001

    The same by the workflow: snakemake --cores 1 results/quick/sweep/raw/cifar100/baseline/resnet8-lr0.1-step/seed0/record.json
    """
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
            help="Compare the meters with the wall plug of measure.plug, and write calibration.json to the results.",
        ),
    ] = None,
    write: Annotated[Path | None, typer.Option(help="JSON file for what was found.")] = None,
    wait: Wait = True,
) -> None:
    """Print what the meters of this machine can tell."""
    from frugalnet.commands.probe import print_calibration, print_probe

    if against is None:
        print_probe([CONFIG, *configfile], setting, write, wait)
    else:
        print_calibration([CONFIG, *configfile], setting, against, write, wait)


@app.command()
def forecast(
    study: Annotated[
        str | None, typer.Argument(metavar="[STUDY]", help=f"Name of the study; by default {first_study()}.")
    ] = None,
    configfile: ConfigFiles = [],  # noqa: B006
    setting: Settings = [],  # noqa: B006
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Probe fewer networks, and estimate the others from their operations."),
    ] = False,
    wait: Wait = True,
) -> None:
    """Forecast time, energy and CO2e of a study from short probes of its networks."""
    from frugalnet.commands.forecast import print_forecast

    print_forecast(study, [CONFIG, *configfile], setting, quick, wait)


@app.command()
def script(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="dataset/method/variant, for the seed that is best on validation data; seed and study may be named too.",
        ),
    ],
    results: Annotated[Path, typer.Option(help="Folder of results with the run.")] = Path("results/quick"),
    write: Annotated[Path | None, typer.Option(help="File to write; by default, the script is printed.")] = None,
) -> None:
    """Write a plain Keras script that trains the network of a run without FrugalNet."""
    from frugalnet.commands.script import plain_script

    text = plain_script(name, results)
    if write:
        write.write_text(text)
    else:
        print(text, end="")


@app.command()
def rebuild(
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="Folder of results, as results/quick, or a package.")
    ],
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="New folder for the results of a package, as results/mine."),
    ] = None,
) -> None:
    """Rebuild tables, figures and pages from raw files, without TensorFlow."""
    from frugalnet.commands.rebuild import rebuild

    rebuild(results, to)


@app.command()
def package(
    results: Annotated[
        Path,
        typer.Argument(metavar="RESULTS", help="Folder of results, as results/quick; with --renew, a light package."),
    ],
    write: Annotated[
        Path | None, typer.Option(help="Archive to write; by default RESULTS.zip, or RESULTS-light.zip.")
    ] = None,
    light: Annotated[
        bool,
        typer.Option(
            "--light", help="Leave out models, timelines, page and code: a few MB of records, tables and figures."
        ),
    ] = False,
    renew: Annotated[
        bool, typer.Option("--renew", help="Remake tables, figures and checksums of a light package from its records.")
    ] = False,
) -> None:
    """Pack results, and all that explains them, into one archive: an RO-Crate with checksums."""
    if renew:
        if write or light:
            raise FrugalNetError(
                "--renew replaces the light package that is given; expected neither --write nor --light beside it"
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
    """Check that a package has all of its files, each as it was packed."""
    from frugalnet.commands.package import verify

    print(verify(archive))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="Folder of results, or package.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another folder of results, or package.")],
    write: Annotated[Path | None, typer.Option(help="Folder for the tables, as CSV.")] = None,
) -> None:
    """Compare two results: what changed, how each number differs, and which conclusions hold in both."""
    from frugalnet.commands.compare import print_comparison

    print_comparison(first, second, write)


@app.command()
def show(
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="Folder of results, as results/quick, or a package.")
    ],
    study: Annotated[str | None, typer.Option(help="Runs of one study only.")] = None,
    where: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=VALUE",
            help="Only such runs: network=resnet18, method!=baseline, 'quality>=0.5'; may be repeated.",
        ),
    ] = [],  # noqa: B006
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="KEY", help="quality (best first), energy, time, latency, parameters or any other key, upwards."
        ),
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Sort the other way round.")] = False,
    limit: Annotated[int | None, typer.Option(help="Most runs that are shown.")] = None,
    write: Annotated[Path | None, typer.Option(help="CSV file for these runs, with all their parameters.")] = None,
) -> None:
    """Show runs as a table: in which parameters they differ, quality, energy and time; also while a study is going on.

    Example: frugalnet show results/quick --study techniques --where optimizer=adamw --sort energy
    """
    from frugalnet.commands.show import print_runs

    print_runs(results, study, where, sort, reverse, limit, write)


@app.command()
def diff(
    first: Annotated[
        str,
        typer.Argument(
            metavar="A", help="Run, as cifar10/baseline/default/seed0, or a part of that; or its folder under raw/."
        ),
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="Another run.")],
    results: Annotated[Path, typer.Option(help="Folder of results with the runs, or a package.")] = Path(
        "results/quick"
    ),
) -> None:
    """Show two runs side by side: what differs in parameters, code, machine and data, and what came out.

    Example: frugalnet diff techniques/cifar10/baseline/all-off techniques/cifar10/baseline/all-on
    """
    from frugalnet.commands.diff import print_diff

    print_diff(first, second, results)


@app.command()
def track(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Folder of results, as results/quick.")],
    to: Annotated[str, typer.Option(metavar="TRACKER", help="mlflow, wandb or tensorboard.")],
    uri: Annotated[
        str | None,
        typer.Option(
            help="MLflow: address of a server, or sqlite:///FILE; W&B: offline or online; TensorBoard: a folder. By default, "
            "beside the results, and offline."
        ),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the experiment; by default that of the results.")
    ] = None,
    artifacts: Annotated[
        str, typer.Option(metavar="NAMES", help="What to send beside numbers: model, figures, or both with a comma.")
    ] = "",
) -> None:
    """Export all finished runs to a tracker; what is there already stays as it is.

    As in: frugalnet track results/quick --to mlflow --uri http://127.0.0.1:5000 --artifacts figures
    """
    from frugalnet.commands.track import track

    track(results, to, uri, experiment, artifacts)
