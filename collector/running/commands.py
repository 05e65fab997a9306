"""The commands of this room: analyse, exams."""

import json
from pathlib import Path

import click

from collector.clock import day_at, now_ms
from collector.config import read_settings
from collector.errors import ActionError

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


@click.group()
def exams():
    """Examinations that people know of."""


@exams.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Look at every line, bring in nothing.")
@click.pass_obj
def import_exams(data, file, dry_run):
    """Bring in a spreadsheet (XLSX, CSV) of asset number, day, examinations; all lines, or none when one is wrong."""
    from collector.running import exam_import  # here, because every other command starts faster without arrays

    zone = read_settings(data)["zone"]
    with file.open("rb") as content:
        look = exam_import.looked_at(content, day_at(now_ms(), zone))
    for number, what in look.wrong:
        click.echo(f"line {number}: {what}", err=True)
    if look.wrong:
        raise ActionError(f"nothing was brought in: {len(look.wrong)} lines are wrong")
    if not dry_run:
        exam_import.bring(look, zone)
    said = f"{len(look.new)} new, {len(look.changed)} changed, {look.same} there already"
    click.echo(said + ("; nothing was brought in" if dry_run else ""))


COMMANDS = (analyse, exams)
