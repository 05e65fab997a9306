"""/api/v1 about price of energy, mains and holidays: what was set, what holds for one unit, setting a value."""

from typing import Annotated, Literal

from flask import abort, current_app
from msgspec import Meta, Struct

from collector import api
from collector.clock import day_at, now_ms
from collector.equipment import KINDS, Equipment
from collector.running import set_models
from collector.running.setting import SettingRefused, set_use
from collector.running.supply import BY_NAME, HOLIDAYS, LEVELS, Target
from collector.web import needs, scope
from collector.web.problems import Refused, wrong

Name = Literal[tuple(BY_NAME)]
Level = Literal[LEVELS]


class UseSettingTold(Struct):
    """One value from a day on, for all or for one of these; null: what is inherited holds again."""

    number: int
    level: Level
    institution_id: int | None
    department_id: int | None
    kind: str | None
    equipment_id: int | None
    name: Name
    value: str | None
    from_on: str
    reason: str
    actor: str
    created_ms: int


class UseHeld(Struct):
    """What holds for one unit today: a number in its unit, or days; and which level says so."""

    name: Name
    value: float | list[str]
    unit: str
    level: Level


class UseSettingEntered(Struct, kw_only=True):
    """A value for all where nobody is named, else for one of these; an empty one hands back to what is inherited.

    A number, or of holidays days as `2026-10-01..2026-10-07 2027-01-01`, in place of the list before.
    """

    institution_id: api.Number | None = None
    department_id: api.Number | None = None
    kind: Literal[KINDS] | None = None
    equipment_id: api.Number | None = None
    name: Name
    value: Annotated[str, Meta(max_length=6000)]
    from_on: api.Date | None = None
    reason: api.Line


door = api.room("use_settings")


@door.get("/usage/settings")
@needs("equipment.read")
@api.speaks(list[UseSettingTold])
def use_settings():
    """All that was ever set and reaches equipment inside the scope, the oldest first."""
    return [_told(one) for one in set_models.seen(scope())]


@door.get("/equipment/<int:equipment_id>/usage/settings")
@needs("equipment.read")
@api.speaks(list[UseHeld])
def use_held(equipment_id):
    """Price of energy, mains and holidays that hold for one unit today."""
    equipment = Equipment.seen(scope(), equipment_id) or abort(404)
    held = set_models.held_by(equipment, _today())
    return [UseHeld(name, _plain(one), one.field.unit, one.level) for name, one in held.items()]


@door.post("/usage/settings")
@needs("equipment.write")
@api.speaks(UseSettingTold, status=201, takes=UseSettingEntered)
def set_use_setting(body):
    """Set one value; it holds from from_on, today where none is given."""
    target = Target(body.institution_id, body.department_id, body.kind, body.equipment_id)
    if not set_models.may_set(target, scope()):
        abort(404 if body.equipment_id else 403)
    from_on = api.day_of(body.from_on, "body.from_on") if body.from_on else _today()
    try:
        return _told(set_use(target, body.name, body.value, from_on, body.reason, now_ms()).told())
    except SettingRefused as refused:
        where = "body" if refused.field == "target" else f"body.{refused.field}"
        value = refused.said.get("value")
        raise Refused("field_invalid", str(refused), [wrong(where, value, str(refused), "send another")]) from refused


def _told(one):
    about = (one.name, one.value, one.from_on.isoformat(), one.reason, one.actor, one.created_ms)
    return UseSettingTold(one.number, one.target.level, *one.target, *about)


def _plain(held):
    return sorted(day.isoformat() for day in held.value) if held.field.name == HOLIDAYS else float(held.value)


def _today():
    return day_at(now_ms(), current_app.config["SETTINGS"]["zone"])
