"""/api/v1/equipment/N/bindings: which terminal speaks of which equipment, since when, and where it hangs."""

from typing import Annotated, Literal

from flask import abort
from msgspec import Meta, Struct

from collector import api
from collector import equipment as room
from collector.clock import now_ms
from collector.equipment.models import CHANNEL_GROUPS, PLACES, Binding, Equipment
from collector.web import needs, scope

Group = Literal[tuple(CHANNEL_GROUPS)]


class BindingTold(Struct):
    """A terminal that speaks of an equipment, from_ms <= instant < to_ms; null: it still does."""

    id: int
    equipment_id: int
    terminal_id: str
    group: Group
    place: Literal[PLACES]
    from_ms: int
    to_ms: int | None


class BindingEntered(Struct):
    """A terminal for an equipment; without `from_ms` a first binding covers all it measured, a later one begins now."""

    terminal_id: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
    group: Group = "all"
    place: Literal[PLACES] = "equipment"
    from_ms: api.Instant | None = None


door = api.room("bindings")


@door.get("/equipment/<int:equipment_id>/bindings")
@needs("equipment.read")
@api.speaks(api.Page[BindingTold], asks=api.Paged)
def bindings(equipment_id, asked):
    """All bindings of an equipment, also those that have ended."""
    return api.page(Binding.select().where(Binding.equipment == _seen(equipment_id)), Binding.id, asked, _told)


@door.post("/equipment/<int:equipment_id>/bindings")
@needs("equipment.write")
@api.speaks(BindingTold, status=201, takes=BindingEntered)
def bind(equipment_id, body):
    """Let a terminal speak of an equipment; what it was bound to before ends there."""
    equipment, now = _seen(equipment_id), now_ms()
    if not Binding.is_free(body.terminal_id, scope(), now):
        abort(404)
    number = equipment.asset_number
    return _told(room.bind(body.terminal_id, number, now, body.from_ms, body.group, body.place))


@door.post("/equipment/<int:equipment_id>/bindings/<int:binding_id>/end")
@needs("equipment.write")
@api.speaks(BindingTold)
def end(equipment_id, binding_id):
    """End a binding now; what was measured until then stays where it belongs."""
    mine = (Binding.id == binding_id) & (Binding.equipment == _seen(equipment_id))
    room.unbind(Binding.get_or_none(mine) or abort(404), now_ms())
    return _told(Binding.get(mine))


def _told(one):
    head = (one.id, one.equipment_id, one.terminal_id, one.channel_group, one.place)
    return BindingTold(*head, one.from_ms, one.to_ms)


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)
