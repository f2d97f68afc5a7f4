"""The last lines: how many runs, how long, how much energy, what failed, and what to open."""

from collections.abc import Iterator
from pathlib import Path

from frugalnet import catalogue
from snakemake_logger_plugin_frugalnet.outcome import MEASURED_BEFORE, total
from snakemake_logger_plugin_frugalnet.story import Story
from snakemake_logger_plugin_frugalnet.words import count, duration

GOES_ON = "The same command goes on with the rest."


def of_dry_run(story: Story) -> str:
    """Return how many runs and other steps there are to do."""
    methods = [f"{rule} {number}" for rule, number in story.counts.items() if rule in catalogue.METHODS]
    targets = {*catalogue.STUDIES, *catalogue.DATASETS, "all"}
    others = sum(number for rule, number in story.counts.items() if rule not in {*catalogue.METHODS, *targets})
    named = f" ({', '.join(methods)})" if methods else ""
    return f"To do: {count(story.total_runs, 'measured run')}{named} and {count(others, 'other step')}. This was a dry run: nothing was done."


def lines(story: Story, elapsed_s: float) -> Iterator[tuple[str, str]]:
    """Yield the last lines of a call that did something, each with its kind."""
    made = [outcome for _, outcome in story.runs if outcome.reason != MEASURED_BEFORE]
    energy = f", {total(made, long=True)}" if made else ""
    yield f"{count(len(made), 'run')} in {duration(elapsed_s)}{energy}.", ""
    if ended := sum(bool(outcome.ended) for outcome in made):
        yield (
            f"{count(ended, 'run')} without a model: diverged, out of memory, or in need of such a run's model.",
            "warning",
        )
    if story.failed:
        yield f"{count(len(story.failed), 'job')} failed:", "error"
        for job in story.failed.values():
            name = (job.name or job.rule).rstrip(".")
            yield f"  {name}" + (f" (log: {job.log.path})" if job.log.text() else ""), "error"
    if not story.is_done:
        yield ("" if story.failed else "Stopped before all was done. ") + GOES_ON, ""
    for page in story.pages:
        if Path(page).exists():
            yield f"Open {page}", "page"
