"""/api/v1/equipment/N about its use: figures of days, states, sessions, examinations, warnings, and what people say."""

from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from flask import abort, current_app
from msgspec import Meta, Struct

from collector import api
from collector.clock import day_at, now_ms
from collector.equipment import Equipment
from collector.running import actions, figures, findings, models
from collector.running.models import Exam
from collector.web import needs, scope
from collector.web.problems import Refused, wrong

DAYS_MOST, SPAN_DAYS_MOST = 400, 31
CENTURY_END_MS = 4_102_444_800_000  # 2100-01-01 UTC
Source = Literal[figures.SOURCES]
State = Literal[models.NAMES]


class DaysAsked(Struct):
    """Which days of the institution's zone, both included; at most 400."""

    first: api.Date
    last: api.Date


class SpanAsked(Struct):
    """from_ms <= instant < to_ms; at most 31 days."""

    from_ms: api.Instant
    to_ms: api.Instant


class DayTold(Struct):
    """A day of a unit. hours: by state; by_source: examinations; source: the one that counts; corrected: by people."""

    day: str
    exams: int
    source: Source | None
    by_source: dict[str, int]
    on_h: float
    working_h: float
    hours: dict[str, float]
    corrected: dict[str, str]


class SpellTold(Struct):
    """A while in one state, and how sure that is, 0 to 1."""

    start_ms: int
    end_ms: int
    state: State
    sure: float


class SessionTold(Struct):
    """From switching on to switching off, with the examinations that began in it."""

    start_ms: int
    end_ms: int
    exams: int


class StatesTold(Struct):
    """States and sessions of a span."""

    states: list[SpellTold]
    sessions: list[SessionTold]


class ExamTold(Struct):
    """Examined patients: one told from the current or by DICOM, or a number that somebody typed or brought in."""

    id: int
    source: Source
    start_ms: int
    end_ms: int | None
    count: int
    sure: float | None
    body_part: str | None
    protocol: str | None


class WarningTold(Struct):
    """What was unusual: its kind, since when, and in words with the figures and the comparison behind it."""

    kind: str
    from_ms: int
    to_ms: int
    text: str


class ExamsTyped(Struct):
    """How many patients were examined on a day, in place of what was typed before."""

    day: api.Date
    count: Annotated[int, Meta(ge=0, le=actions.EXAMS_MOST)]


class CorrectionEntered(Struct):
    """What a figure of a day really was, and why; what was told stays beside it."""

    day: api.Date
    what: Literal[figures.CORRECTABLE]
    value: Annotated[float, Meta(ge=0, le=actions.EXAMS_MOST)]
    reason: api.Line


class QcEntered(Struct):
    """What the daily quality control of a day came to."""

    day: api.Date
    result: Literal[actions.RESULTS]
    note: api.Text = ""


door = api.room("usage")


@door.get("/equipment/<int:equipment_id>/usage")
@needs("equipment.read")
@api.speaks(list[DayTold], asks=DaysAsked)
def usage(equipment_id, asked):
    """Examinations, hours on, hours working and hours in each state, day by day."""
    equipment = _seen(equipment_id)
    first, last = api.day_of(asked.first, "query.first"), api.day_of(asked.last, "query.last")
    if not 0 <= (last - first).days < DAYS_MOST:
        raise _wrong("query.last", asked.last, f"is not within {DAYS_MOST} days after first")
    return [_told(one) for one in figures.figures(equipment, first, last, _zone())]


@door.get("/equipment/<int:equipment_id>/states")
@needs("equipment.read")
@api.speaks(StatesTold, asks=SpanAsked)
def states(equipment_id, asked):
    """When it was off, at standby, ready, working."""
    spells, found = figures.told_between(_seen(equipment_id), *_span(asked), now_ms())
    sessions = [SessionTold(*one) for one in figures.sessions(spells, found)]
    return StatesTold([SpellTold(one.start_ms, one.end_ms, one.state, one.sure) for one in spells], sessions)


@door.get("/equipment/<int:equipment_id>/exams")
@needs("equipment.read")
@api.speaks(list[ExamTold], asks=SpanAsked)
def exams(equipment_id, asked):
    """Examinations of every source that begin in a span."""
    found = Exam.within(_seen(equipment_id), *_span(asked))
    return [api.told(ExamTold, one) for one in found]


@door.get("/equipment/<int:equipment_id>/warnings")
@needs("equipment.read")
@api.speaks(list[WarningTold], asks=SpanAsked)
def warnings(equipment_id, asked):
    """What was unusual of it in a span."""
    place = ZoneInfo(_zone())
    found = models.findings_of(_seen(equipment_id), *_span(asked))
    return [WarningTold(one.kind, one.from_ms, one.to_ms, findings.said(one, place)) for one in found]


@door.post("/equipment/<int:equipment_id>/exams")
@needs("usage.write")
@api.speaks(None, status=204, takes=ExamsTyped)
def type_exams(equipment_id, body):
    """Say how many patients were examined on a day."""
    actions.type_exams(_seen(equipment_id), _past(body.day), body.count, _zone())


@door.post("/equipment/<int:equipment_id>/corrections")
@needs("usage.write")
@api.speaks(None, status=204, takes=CorrectionEntered)
def correct(equipment_id, body):
    """Correct a figure of a day."""
    actions.correct(_seen(equipment_id), _past(body.day), body.what, body.value, body.reason, now_ms())


@door.post("/equipment/<int:equipment_id>/qc")
@needs("usage.write")
@api.speaks(None, status=204, takes=QcEntered)
def say_qc(equipment_id, body):
    """Say what a day's quality control came to."""
    actions.say_qc(_seen(equipment_id), _past(body.day), body.result, body.note, now_ms())


def _told(one):
    corrected = {what: said.reason for what, said in one.corrected.items()}
    hours = (round(one.on_h, 4), round(one.working_h, 4), {state: round(h, 4) for state, h in one.hours.items()})
    return DayTold(one.day.isoformat(), one.exams, one.source, one.by_source, *hours, corrected)


def _past(text):
    """A day that has begun. Raises Refused."""
    day = api.day_of(text, "body.day")
    if day > day_at(now_ms(), _zone()):
        raise _wrong("body.day", text, "has not begun")
    return day


def _span(asked):
    if not 0 < asked.to_ms - asked.from_ms <= timedelta(days=SPAN_DAYS_MOST).total_seconds() * 1000:
        raise _wrong("query.to_ms", asked.to_ms, f"is not within {SPAN_DAYS_MOST} days after from_ms")
    if asked.to_ms > CENTURY_END_MS:
        raise _wrong("query.to_ms", asked.to_ms, "is not of this century")
    return asked.from_ms, asked.to_ms


def _wrong(where, value, what):
    return Refused("field_invalid", f"{where} {what}", [wrong(where, value, what, "send another")])


def _zone():
    return current_app.config["SETTINGS"]["zone"]


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)
