"""/api/v1/equipment/N/usage/lifetime: hours and examinations of a unit's whole life, with their parts."""

from typing import Annotated

from flask import abort, current_app
from msgspec import Meta, Struct

from collector import api
from collector.clock import day_at, now_ms
from collector.equipment import Equipment
from collector.running.lifetime import EXAMS_MOST, HOURS_MOST, BeforeRefused, lifetime, say_before
from collector.web import needs, scope
from collector.web.problems import Refused, wrong


class BeforeTold(Struct):
    """What somebody says it did up to a day and with it."""

    until_on: str
    on_h: float
    exams: int
    source: str
    reason: str
    actor: str
    ts_ms: int


class LifetimeTold(Struct):
    """exams and on_h: what was typed of the time before, and what was measured from first_on on, together."""

    exams: int
    on_h: float
    before: BeforeTold | None
    first_on: str | None
    measured_exams: int
    measured_on_h: float


class BeforeEntered(Struct):
    """What it did up to a day and with it, where that is known from, and why it is said; what was said before stays."""

    until_on: api.Date
    on_h: Annotated[float, Meta(ge=0, le=HOURS_MOST)]
    exams: Annotated[int, Meta(ge=0, le=EXAMS_MOST)]
    source: api.Line
    reason: api.Line


door = api.room("lifetime")


@door.get("/equipment/<int:equipment_id>/usage/lifetime")
@needs("equipment.read")
@api.speaks(LifetimeTold)
def whole_life(equipment_id):
    """Hours on and examinations of its whole life, with their parts."""
    return _told(_seen(equipment_id))


@door.post("/equipment/<int:equipment_id>/usage/lifetime")
@needs("usage.write")
@api.speaks(LifetimeTold, status=201, takes=BeforeEntered)
def say_of_before(equipment_id, body):
    """Say what it did before it was measured."""
    equipment, until_on = _seen(equipment_id), api.day_of(body.until_on, "body.until_on")
    try:
        say_before(equipment, until_on, body.on_h, body.exams, body.source, body.reason, now_ms(), _zone())
    except BeforeRefused as refused:
        about = wrong(f"body.{refused.field}", refused.said.get("value"), str(refused), "send another")
        raise Refused("field_invalid", str(refused), [about]) from refused
    return _told(equipment)


def _told(equipment):
    life = lifetime(equipment, day_at(now_ms(), _zone()), _zone())
    before = api.told(BeforeTold, life.before) if life.before else None
    first_on = life.first_on and life.first_on.isoformat()
    return LifetimeTold(life.exams, life.on_h, before, first_on, life.measured_exams, life.measured_on_h)


def _zone():
    return current_app.config["SETTINGS"]["zone"]


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)
