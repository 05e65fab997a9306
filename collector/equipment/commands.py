"""The commands of this room: equipment, bind."""

from datetime import UTC

import click

from collector import equipment as room
from collector.clock import now_ms
from collector.equipment import CHANNEL_GROUPS, KINDS, PLACES, Equipment


@click.group()
def equipment():
    """The machines whose health is watched."""


@equipment.command("add")
@click.option("--asset-number", required=True)
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--maker", required=True)
@click.option("--model", required=True)
@click.option("--serial", required=True)
@click.option("--institution", required=True)
@click.option("--department", required=True)
@click.option("--room", required=True)
def add(**fields):
    """Register equipment; institution, department and room are made when new."""
    room.add_equipment(fields, now_ms())


@equipment.command("list")
def list_equipment():
    """Name the equipment."""
    for one in Equipment.everything():
        place = f"{one.room.department.institution.name} / {one.room.department.name} / {one.room.name}"
        click.echo(f"{one.asset_number}\t{one.kind}\t{one.name}\t{place}")


@click.command("bind")
@click.argument("terminal_id")
@click.argument("asset_number")
@click.option("--from", "from_day", type=click.DateTime(), help="UTC; else all time for a first binding, then now.")
@click.option("--group", default="all", type=click.Choice(list(CHANNEL_GROUPS)), show_default=True)
@click.option("--place", default="equipment", type=click.Choice(PLACES), show_default=True)
def bind(terminal_id, asset_number, from_day, group, place):
    """Let a terminal speak of an equipment; what it was bound to before ends there."""
    from_ms = int(from_day.replace(tzinfo=UTC).timestamp() * 1000) if from_day else None
    room.bind(terminal_id, asset_number, now_ms(), from_ms, group, place)


COMMANDS = (equipment, bind)
