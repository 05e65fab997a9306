"""The command `audit`: check the chain, sign its head, take it out."""

from pathlib import Path

import click

from collector import audit, db
from collector.audit import heads
from collector.audit.export import everything
from collector.clock import now_ms
from collector.errors import ActionError

PATH = click.Path(dir_okay=False, path_type=Path)


@click.group("audit")
def group():
    """Who did what to which record."""


@group.command()
@click.option("--heads", "copy", type=PATH, help="A copy of audit/heads.jsonl that was kept elsewhere.")
@click.option("--file", "file", type=PATH, help="An exported file, instead of the database.")
def verify(copy, file):
    """Look for a row that was changed, removed, moved or cut off; status 1 when one is found."""
    if file:
        click.echo(f"{audit.exported(file, heads.public_key(db.folder()))} rows, as exported")
        return
    found = audit.verify(copy)
    for one in found[:50]:
        click.echo(f"row {one.number}: {SAID[one.what]}")
    if found:
        raise ActionError(
            f"{len(found)} rows of the audit are not as written; look for who could write to the database"
        )
    click.echo(f"{audit.rows_of().count()} rows, all as written")


SAID = {
    "changed": "it is not what was written",
    "missing": "it is missing",
    "head": "it is not the row that was signed",
}


@group.command()
def head():
    """Sign the newest row and print it with the public key: keep both away from this machine."""
    found = audit.keep_head(now_ms())
    if found is None:
        raise ActionError("there is no row to sign yet")
    click.echo(f"{found['number']}\t{found['mac']}\t{found['signature']}\tkey {heads.public_key(db.folder())}")


@group.command("export")
@click.argument("file", type=PATH)
def export_rows(file):
    """Write all rows, a line of JSON each, with a signed last line."""
    audit.note("audit.export", str(file))
    try:
        with open(file, "x", encoding="utf-8") as out:
            out.writelines(audit.export(everything(), now_ms()))
    except OSError as error:
        raise ActionError(f"{file} cannot be written: {error.strerror}; choose another file") from error


COMMANDS = (group,)
