"""The commands of this room: analyse."""

import json
from pathlib import Path

import click

CLASSES = ("CT", "MRI", "PET/CT", "LINAC", "DSA", "DR")


@click.command()
@click.argument("trace", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--class",
    "kind",
    type=click.Choice(CLASSES, case_sensitive=False),
    help="What the unit is; chooses which shapes to expect. Guessed without it.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def analyse(trace, kind, as_json):
    """Say when a unit was off, standby, ready, working, and its examinations, from a CSV file of its current."""
    from collector import running  # here, because every other command starts faster without arrays
    from collector.running import report

    found = running.analyse(running.read(trace), kind)
    if as_json:
        click.echo(json.dumps(report.as_json(found)))
    else:
        for line in report.as_text(found):
            click.echo(line)


COMMANDS = (analyse,)
