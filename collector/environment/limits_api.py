"""/api/v1 about the limits of the surroundings: list, set, end; the same actions as the pages."""

from typing import Annotated, Literal

from flask import abort
from msgspec import Meta, Struct

from collector import api
from collector import environment as room
from collector.clock import now_ms
from collector.environment.indicators import CHANGE, CHANNELS, VALUE, Indicator, unit_of
from collector.environment.inherit import ANYWHERE, BOUNDS, LEVELS, Target, level_of
from collector.environment.models import EnvironmentLimit, outside_too, reached_by
from collector.equipment import KINDS, PLACES
from collector.web import needs, scope
from collector.web.problems import Refused, wrong

Channel = Literal[CHANNELS]
What = Literal[VALUE, CHANGE]
Place = Literal[ANYWHERE, *PLACES]
Level = Annotated[float, Meta(ge=-1e9, le=1e9)]


class LimitTold(Struct):
    """A limit: for whom, of what, where, its levels in its unit, source and days. number null: a default."""

    number: int | None
    level: Literal[LEVELS]
    kind: str | None
    maker: str | None
    model: str | None
    equipment_id: int | None
    channel: Channel
    what: What
    place: Place
    unit: str
    low_alarm: float | None
    low_warning: float | None
    high_warning: float | None
    high_alarm: float | None
    source: str
    from_ms: int
    to_ms: int | None
    reason: str
    actor: str
    created_ms: int


class LimitEntered(Struct, kw_only=True):
    """A new limit for one equipment, or for a class, maker or model; it holds from now on where no from_ms is given."""

    equipment_id: api.Number | None = None
    kind: Literal[KINDS] | None = None
    maker: api.Line | None = None
    model: api.Line | None = None
    channel: Channel
    what: What = VALUE
    place: Place = ANYWHERE
    low_alarm: Level | None = None
    low_warning: Level | None = None
    high_warning: Level | None = None
    high_alarm: Level | None = None
    source: api.Line
    reason: api.Line
    from_ms: api.Instant | None = None
    to_ms: api.Instant | None = None


class LimitEnded(Struct):
    """Why a limit ends."""

    reason: api.Line


door = api.room("limits")


@door.get("/environment/limits")
@needs("equipment.read")
@api.speaks(api.Page[LimitTold], asks=api.Paged)
def limits(asked):
    """All limits that were ever set and reach equipment inside the scope, the oldest first."""
    return api.page(
        EnvironmentLimit.reaching(scope()),
        EnvironmentLimit.id,
        asked,
        lambda row: told(EnvironmentLimit.numbered(row.id)),
    )


@door.post("/environment/limits")
@needs("equipment.write")
@api.speaks(LimitTold, status=201, takes=LimitEntered)
def add(body):
    """Set a limit; it takes over from what was set for the same before, and old days keep theirs."""
    target = Target(body.kind, body.maker, body.model, body.equipment_id)
    _require_mine(target)
    indicator, levels = Indicator(body.channel, body.what), {bound: getattr(body, bound) for bound in BOUNDS}
    try:
        row = room.set_limit(
            target, indicator, levels, body.source, body.reason, now_ms(), body.place, body.from_ms, body.to_ms
        )
    except room.LimitRefused as refused:
        raise _refused(refused) from refused
    return told(EnvironmentLimit.numbered(row.id))


@door.post("/environment/limits/<int:limit_id>/end")
@needs("equipment.write")
@api.speaks(None, status=204, takes=LimitEnded)
def end(limit_id, body):
    """End a limit: what is inherited holds again from now on."""
    rule = EnvironmentLimit.numbered(limit_id) or abort(404)
    _require_mine(rule.target)
    room.end_limit(rule, body.reason, now_ms())


def _require_mine(target):
    """404 for who sees nothing that a Target reaches, 403 where it reaches further than one sees."""
    if not reached_by(target, scope()):
        abort(404)
    if outside_too(target, scope()):
        abort(403)


def _refused(refused):
    where = {"from_on": "body.from_ms", "to_on": "body.to_ms"}.get(refused.field, f"body.{refused.field}")
    return Refused("field_invalid", str(refused), [wrong(where, None, refused.code, str(refused))])


def told(rule):
    """The LimitTold of a Rule."""
    indicator = Indicator(rule.channel, rule.what)
    about = (rule.source, rule.from_ms, rule.to_ms, rule.reason, rule.actor, rule.created_ms)
    levels = (getattr(rule, bound) for bound in BOUNDS)
    return LimitTold(
        rule.number, level_of(rule), *rule.target, *indicator, rule.place, unit_of(indicator), *levels, *about
    )
