"""/api/v1/rules: by which rules equipment is judged; each change is a version."""

from typing import Annotated, Any, Literal

from flask import abort
from msgspec import Meta, Struct

from collector import api
from collector import events as room
from collector.clock import now_ms
from collector.equipment import KINDS, Equipment
from collector.events.models import RuleVersion
from collector.events.rules import Rule
from collector.events.shape import SECONDS_MOST
from collector.notify import SEVERITIES
from collector.web import needs, scope
from collector.web.problems import Refused, wrong

Seconds = Annotated[int, Meta(ge=0, le=SECONDS_MOST)]


class RuleTold(Struct):
    """A version of a rule. condition: {"kind": ..., ...}; steps: [limit, severity], further out and more severe."""

    number: int
    name: str
    kind: str | None
    maker: str | None
    model: str | None
    equipment_id: int | None
    condition: dict[str, Any]
    for_s: int
    clear_s: int
    severity: str
    steps: list[tuple[float, str]]
    from_ms: int
    to_ms: int | None
    reason: str
    actor: str


class RuleEntered(Struct, kw_only=True):
    """A rule for all equipment, a class, a maker, a model or one piece; docs/events.md names the conditions."""

    name: api.Line
    kind: Literal[KINDS] | None = None
    maker: api.Line | None = None
    model: api.Line | None = None
    equipment_id: api.Number | None = None
    condition: dict[str, Any]
    for_s: Seconds = 60
    clear_s: Seconds = 60
    severity: Literal[SEVERITIES] = "warning"
    steps: Annotated[list[tuple[float, Literal[SEVERITIES]]], Meta(max_length=3)] = []
    reason: api.Line


class RuleEnded(Struct):
    """Why a rule holds no longer."""

    reason: api.Line


door = api.room("rules")


@door.get("/rules")
@needs("events.rules")
@api.speaks(list[RuleTold])
def rules():
    """The rules that hold."""
    return [_told(one) for one in RuleVersion.valid()]


@door.get("/rules/<int:number>")
@needs("events.rules")
@api.speaks(list[RuleTold])
def versions(number):
    """Every version of a rule, the newest first."""
    return [_told(one) for one in RuleVersion.of(number)] or abort(404)


@door.post("/rules")
@needs("events.rules")
@api.speaks(RuleTold, status=201, takes=RuleEntered)
def add(body):
    """A new rule; equipment is judged by it from the next reading on."""
    return _kept(body, None)


@door.post("/rules/<int:number>")
@needs("events.rules")
@api.speaks(RuleTold, status=201, takes=RuleEntered)
def change(number, body):
    """The next version of a rule that holds."""
    return _kept(body, _holding(number))


@door.post("/rules/<int:number>/end")
@needs("events.rules")
@api.speaks(None, status=204, takes=RuleEnded)
def end(number, body):
    """A rule holds no longer."""
    room.end_rule(_holding(number), body.reason, now_ms())


def _holding(number):
    found = RuleVersion.of(number)
    return number if found and found[0].to_ms is None else abort(404)


def _kept(body, number):
    target = {name: getattr(body, name) for name in ("kind", "maker", "model", "equipment_id")}
    if body.equipment_id is not None and Equipment.seen(scope(), body.equipment_id) is None:
        abort(404)
    rule = Rule("", body.condition, body.for_s, body.clear_s, body.severity, [tuple(one) for one in body.steps])
    try:
        return _told(room.keep_rule(body.name, target, rule, body.reason, now_ms(), number))
    except room.RuleRefused as refused:
        errors = [wrong(f"body.{where}", value, what, "see docs/events.md") for where, what, value in refused.findings]
        raise Refused("field_invalid", str(refused), errors) from refused


def _told(one):
    rule = one.rule()
    target = (one.kind, one.maker, one.model, one.equipment_id)
    what = (rule.condition, rule.for_s, rule.clear_s, rule.severity, [tuple(step) for step in rule.steps])
    return RuleTold(one.number, one.name, *target, *what, one.from_ms, one.to_ms, one.reason, one.actor)
