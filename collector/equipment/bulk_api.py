"""/api/v1/equipment/several: one field of many pieces of equipment, looked at first, then changed all at once."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from collector import api
from collector.clock import now_ms
from collector.equipment import bulk
from collector.equipment.models import Equipment
from collector.equipment.places import may_stand
from collector.web import needs, scope
from collector.web.problems import Refused, wrong


class SeveralAsked(Struct):
    """Equipment by number, one field and its new value as a spreadsheet has it; `apply` changes, else it only looks."""

    ids: Annotated[list[api.Number], Meta(min_length=1, max_length=bulk.MOST)]
    field: Literal[bulk.EDITABLE]
    value: Annotated[api.Text, Meta(description="empty takes it away")]
    reason: api.Line
    apply: bool = False


class EditTold(Struct):
    """What would change, or was changed, of one; `wrong`: why it stays as it is, else null."""

    equipment_id: int
    before: str
    after: str
    wrong: str | None


class SeveralTold(Struct):
    """What became of each piece of equipment, by name, and how many were changed."""

    changed: int
    edits: list[EditTold]


door = api.room("bulk")


@door.post("/equipment/several")
@needs("equipment.write")
@api.speaks(SeveralTold, takes=SeveralAsked)
def several(body):
    """Look at one field of many, or change all of them that can be; what cannot is told and stays as it is."""
    edits = bulk.planned(_seen(body.ids), body.field, body.value.strip(), lambda *place: may_stand(scope(), *place))
    changed = bulk.change_many(edits, body.field, body.reason, now_ms()) if body.apply else 0
    return SeveralTold(changed, [EditTold(one.equipment.id, one.before, one.after, one.wrong) for one in edits])


def _seen(numbers):
    """The Equipment of all numbers. Raises Refused when one is not there for who asks."""
    found = list(Equipment.registered(scope()).where(Equipment.id << numbers))
    missing = sorted(set(numbers) - {one.id for one in found})
    if missing:
        told = [wrong("body.ids", number, "is no equipment you see", "leave it out") for number in missing[:20]]
        raise Refused("field_invalid", f"equipment {missing[0]} is not there; nothing was changed", told)
    return found
