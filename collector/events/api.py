"""/api/v1/events: what needs a person first, one event with its steps, reports, dispositions, evaluations, shelves."""

import json
from typing import Annotated, Any, Literal

from flask import abort
from msgspec import Meta, Struct

from collector import api
from collector import events as room
from collector.clock import now_ms
from collector.equipment import Equipment
from collector.events import evaluations
from collector.events.disposition import STATES, TRANSITIONS, actions
from collector.events.models import Evaluation, Event, Shelf, Step
from collector.notify import SEVERITIES
from collector.web import may, needs, scope

Severity = Literal[SEVERITIES]
State = Literal[STATES]
Act = Literal[tuple(sorted({action for _state, action in TRANSITIONS} - {"evaluate"}))]
Said = Annotated[str, Meta(max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
Version = Annotated[int, Meta(ge=1, le=2**31)]
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


class EventsAsked(api.Paged):
    """Which events: of a state, a severity, an equipment; the newest first."""

    state: State | None = None
    severity: Severity | None = None
    equipment_id: api.Number | None = None


class EventTold(Struct):
    """An event. subject: the terminal, gateway or person that told of it; said: channel, value, limit, text; cleared_ms
    null: it goes on; due_ms: by when somebody should have seen it; version: what a step names."""

    id: int
    equipment_id: int | None
    subject: str
    rule: str
    name: str
    type: str
    severity: Severity
    state: State
    version: int
    began_ms: int
    raised_ms: int
    known_ms: int
    cleared_ms: int | None
    due_ms: int | None
    late: bool
    shelved: bool
    times: int
    owner: str
    merged_into: int | None
    said: dict[str, Any]


class StepTold(Struct):
    """What somebody, or the collector, did about an event; files: their numbers."""

    ts_ms: int
    actor: str
    action: str
    state: State
    text: str
    files: list[int]


class EvaluationTold(Struct):
    """What an event came from and cost: examinations put off or repeated, hours without service."""

    ts_ms: int
    actor: str
    cause: Literal[evaluations.CAUSES]
    text: str
    exams: int
    hours: float
    effect: Literal[evaluations.EFFECTS]
    improvement: str
    risk: Literal[evaluations.RISKS]


class EventWhole(Struct):
    """An event with its steps, its evaluations, what was measured when it was raised, and what you can do now."""

    event: EventTold
    steps: list[StepTold]
    evaluations: list[EvaluationTold]
    context: dict[str, Any]
    actions: list[str]


class EventReported(Struct):
    """What was seen at an equipment; without began_ms, now."""

    equipment_id: api.Number
    severity: Severity
    text: Said
    began_ms: api.Instant | None = None


class StepTaken(Struct):
    """A step of the disposition. version: of the event as you saw it; to: a colleague; into: another event."""

    action: Act
    version: Version
    text: Said = ""
    to: api.Text = ""
    into: api.Number | None = None


class EvaluationEntered(Struct):
    """What an event came from, what it cost, whether the measures helped, which risk is left."""

    version: Version
    cause: Literal[evaluations.CAUSES]
    text: Said
    exams: Annotated[int, Meta(ge=0, le=evaluations.EXAMS_MOST)]
    hours: Annotated[float, Meta(ge=0, le=evaluations.HOURS_MOST)]
    effect: Literal[evaluations.EFFECTS]
    risk: Literal[evaluations.RISKS]
    improvement: Said = ""


class ShelfEntered(Struct):
    """For how many hours nobody is told of events like this one, or of all of its equipment, and why."""

    hours: Annotated[int, Meta(ge=1, le=31 * 24)]
    reason: api.Line
    all: bool = False


class ShelfTold(Struct):
    """A while in which nobody is told of an equipment's events; rule "": of all."""

    id: int
    equipment_id: int
    rule: str
    from_ms: int
    to_ms: int
    reason: str
    actor: str


class StatisticsAsked(Struct):
    """Of how many last days."""

    days: Annotated[int, Meta(ge=1, le=3650)] = 90


class FiguresTold(Struct):
    """Of the events of a type, maker or department: how many, how many came again, medians in minutes."""

    name: str
    count: int
    again: int
    acknowledged_min: float | None
    resolved_min: float | None


class StatisticsTold(Struct):
    """Causes by how many events they explain, and figures by type, maker and department."""

    causes: dict[str, int]
    groups: dict[str, list[FiguresTold]]


door = api.room("events")


@door.get("/events")
@needs("equipment.read")
@api.speaks(api.Page[EventTold], asks=EventsAsked)
def events(asked):
    """Events inside the scope, the newest first; one that was merged stands within the other."""
    rows = Event.inbox(scope(), asked.state or "", asked.severity or "", asked.equipment_id)
    return api.page(rows, Event.id, asked, told, newest_first=True)


@door.get("/events/statistics")
@needs("equipment.read")
@api.speaks(StatisticsTold, asks=StatisticsAsked)
def statistics(asked):
    """Causes, recurrence, and how long people take."""
    causes, groups = evaluations.statistics_of(scope(), now_ms() - asked.days * DAY_MS)
    return StatisticsTold(causes, {name: [FiguresTold(*one) for one in some] for name, some in groups.items()})


@door.get("/events/<int:event_id>")
@needs("equipment.read")
@api.speaks(EventWhole)
def event(event_id):
    """One event with all that was done."""
    return whole(_seen(event_id))


@door.post("/events")
@needs("events.report")
@api.speaks(EventTold, status=201, takes=EventReported)
def report(body):
    """Tell of something that was seen."""
    machine, now = Equipment.seen(scope(), body.equipment_id) or abort(404), now_ms()
    began_ms = now if body.began_ms is None else body.began_ms
    return told(_seen(room.report(machine, body.severity, body.text, began_ms, [], now).id))


@door.post("/events/<int:event_id>/steps")
@needs("events.act")
@api.speaks(EventTold, status=201, takes=StepTaken)
def act(event_id, body):
    """One step of the disposition; refused when somebody did something meanwhile."""
    number = _seen(event_id).id
    if body.into is not None:
        _seen(body.into)
    room.act(number, body.action, body.version, body.text, now_ms(), to=body.to.strip(), into=body.into)
    return told(_seen(number))


@door.post("/events/<int:event_id>/evaluations")
@needs("events.act")
@api.speaks(EventTold, status=201, takes=EvaluationEntered)
def evaluate(event_id, body):
    """Evaluate an event that is resolved."""
    number = _seen(event_id).id
    numbers = {"exams": body.exams, "hours": float(body.hours)}
    said = {name: getattr(body, name) for name in ("cause", "text", "effect", "improvement", "risk")}
    evaluations.evaluate(number, body.version, evaluations.Finding(**said, **numbers), now_ms())
    return told(_seen(number))


@door.post("/events/<int:event_id>/shelves")
@needs("events.act")
@api.speaks(ShelfTold, status=201, takes=ShelfEntered)
def shelve(event_id, body):
    """Shelve events like this one, or all of its equipment, from now on."""
    found, now = _seen(event_id), now_ms()
    if found.equipment is None:
        abort(404)
    rule = "" if body.all else found.rule
    return _shelf(room.shelve(found.equipment, rule, now, now + body.hours * HOUR_MS, body.reason, now))


@door.get("/equipment/<int:equipment_id>/shelves")
@needs("equipment.read")
@api.speaks(list[ShelfTold])
def shelves(equipment_id):
    """Shelves of an equipment that hold or are to come."""
    equipment = Equipment.seen(scope(), equipment_id) or abort(404)
    return [_shelf(one) for one in Shelf.of(equipment.id, now_ms())]


@door.post("/shelves/<int:shelf_id>/end")
@needs("events.act")
@api.speaks(None, status=204)
def unshelve(shelf_id):
    """End a shelf before its time."""
    shelf = Shelf.get_or_none(Shelf.id == shelf_id)
    if shelf is None or Equipment.seen(scope(), shelf.equipment_id) is None:
        abort(404)
    room.unshelve(shelf, now_ms())


def told(event):
    """The EventTold of an Event."""
    head = (event.id, event.equipment_id, event.subject, event.rule, event.name, event.type, event.severity)
    times = (event.began_ms, event.raised_ms, event.known_ms, event.cleared_ms, event.due_ms)
    rest = (event.late, event.shelved, event.times, event.owner, event.merged_into_id, json.loads(event.said))
    return EventTold(*head, event.state, event.version, *times, *rest)


def whole(event):
    """The EventWhole of an Event, with what who asks can do now."""
    steps = [
        StepTold(one.ts_ms, one.actor, one.action, one.state, one.text, json.loads(one.files))
        for one in event.steps.order_by(Step.id)
    ]
    found = [api.told(EvaluationTold, one) for one in event.evaluations.order_by(Evaluation.id)]
    allowed = actions(event.state, event.severity) if may("events.act") else []
    return EventWhole(told(event), steps, found, json.loads(event.context), allowed)


def _shelf(one):
    return ShelfTold(one.id, one.equipment_id, one.rule, one.from_ms, one.to_ms, one.reason, one.actor)


def _seen(event_id):
    return Event.seen(scope(), event_id) or abort(404)
