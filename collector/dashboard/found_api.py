"""/api/v1/search: what the search of the pages finds, for programs."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from collector import api
from collector.dashboard.found import found
from collector.equipment import KINDS
from collector.web import needs


class SearchAsked(Struct):
    """A part of an asset number, serial number, name, room, or id of a terminal."""

    q: Annotated[api.Said, Meta(max_length=80)]


class EquipmentFound(Struct):
    """A piece of equipment, as short as it is told apart."""

    id: int
    asset_number: str
    serial: str
    name: str
    kind: Literal[KINDS]
    department: str
    room: str


class SearchTold(Struct):
    """The first 50 of each kind; terminals only for who may see them."""

    equipment: list[EquipmentFound]
    terminals: list[str]


door = api.room("search")


@door.get("/search")
@needs("equipment.read")
@api.speaks(SearchTold, asks=SearchAsked)
def search(asked):
    """Equipment and terminals inside the scope that hold the text."""
    machines, terminals = found(asked.q)
    places = [(one.room.department.name, one.room.name) for one in machines]
    told = [
        api.told(EquipmentFound, one, department=department, room=room)
        for one, (department, room) in zip(machines, places, strict=True)
    ]
    return SearchTold(told, [one.terminal_id for one in terminals])
