"""The commands of this room: event verify."""

from pathlib import Path

import click

from collector.audit import heads
from collector.errors import ActionError
from collector.events import bundle

SAID = {
    "unreadable": "it is no whole ZIP: {}",
    "unsigned": "{} is not signed with this key",
    "manifest": "{} is not the one that was signed",
    "missing": "{} is missing",
    "changed": "{} is not what it was",
    "added": "{} was added",
}


@click.group()
def event():
    """Safety events."""


@event.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", help="The public key of who made it, in hexadecimal.  [default: of the folder --data]")
@click.pass_obj
def verify(data, file, key):
    """Look whether a bundle of an event is as it was made; status 1 when it is not."""
    if not key:
        if not (data / heads.SIGNING_KEY).exists():
            raise ActionError(f"{data} has no key of a collector; say --key KEY, which `audit head` prints there")
        key = heads.public_key(data)
    found = bundle.faults(file, key)
    for one in found[:50]:
        click.echo(f"{file.name}: {SAID[one.what].format(one.name)}")
    if found:
        raise ActionError(f"{file} is not as it was made; get it again from the collector")
    click.echo(f"{file.name}: as it was made, signed with the key {key[:16]}...")


COMMANDS = (event,)
