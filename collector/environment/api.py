"""/api/v1 about the surroundings: how they stand, charts, shares of time; the same questions as the pages."""

from datetime import date, timedelta
from typing import Annotated, Literal

from flask import abort, current_app
from msgspec import Meta, Struct

from collector import api
from collector.clock import day_at, now_ms
from collector.environment.charts import charted
from collector.environment.indicators import unit_of
from collector.environment.limits_api import Channel, LimitTold, What, told
from collector.environment.shares import shares
from collector.environment.standing import ORDER, standing_of, standings, worst
from collector.equipment import KINDS, PLACES, SPANS, Equipment
from collector.web import needs, scope
from collector.web.problems import Refused, wrong

DAYS_MOST = 366
FIRST_ON, LAST_ON = date(2000, 1, 1), date(2900, 1, 1)

State = Literal[ORDER]


class StandingTold(Struct):
    """The newest value of an indicator beside the limit that holds; value null: measured and bad."""

    channel: Channel
    what: What
    place: Literal[PLACES]
    value: float | None
    unit: str
    ts_ms: int
    state: State
    limit: LimitTold | None


class SurroundingsTold(Struct):
    """How the surroundings of one equipment stand."""

    id: int
    name: str
    kind: Literal[KINDS]
    state: State
    indicators: list[StandingTold]


class SurroundingsAsked(Struct):
    """Which page of all equipment."""

    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class AllSurroundingsTold(Struct):
    """A page of all equipment, what needs a person first."""

    equipment: list[SurroundingsTold]
    counts: dict[State, int]
    page: int
    pages: int


class ChartsAsked(Struct):
    """How far back."""

    span: Literal[tuple(SPANS)] = "day"


class SurroundingsLine(Struct):
    """The points of one binding: instant, mean, lowest, highest; nulls are a gap."""

    channel: Channel
    place: Literal[PLACES]
    terminal_id: str
    unit: str
    points: list[tuple[int, float | None, float | None, float | None]]


class LimitBand(Struct):
    """The levels of a limit for the time it held within the chart."""

    channel: Channel
    place: Literal[PLACES]
    from_ms: int
    to_ms: int
    low_alarm: float | None
    low_warning: float | None
    high_warning: float | None
    high_alarm: float | None


class ChartsTold(Struct):
    """The charts of an equipment's surroundings."""

    span: str
    zone: str
    from_ms: int
    to_ms: int
    step_ms: int
    lines: list[SurroundingsLine]
    bands: list[LimitBand]


class SharesAsked(Struct):
    """From which day to which, in the zone of the pages, 366 at most; the last 30 up to today where none is given."""

    first_on: date | None = None
    last_on: date | None = None


class ShareTold(Struct):
    """Seconds of a day within limits, outside the warning limit only, outside the alarm limit, and not measured."""

    day: date
    channel: Channel
    what: What
    place: Literal[PLACES]
    within_s: float
    warning_s: float
    alarm_s: float
    unmeasured_s: float


door = api.room("environment")


@door.get("/environment")
@needs("equipment.read")
@api.speaks(AllSurroundingsTold, asks=SurroundingsAsked)
def all_surroundings(asked):
    """All equipment inside the scope beside its limits, what needs a person first."""
    found = standings(scope(), _settings(), now_ms(), asked.page)
    entries = [_surroundings(machine, some) for machine, _state, some in found.entries]
    return AllSurroundingsTold(entries, found.counts, found.page, found.pages)


@door.get("/equipment/<int:equipment_id>/environment")
@needs("equipment.read")
@api.speaks(SurroundingsTold)
def surroundings(equipment_id):
    """The newest values of one equipment's surroundings beside the limits that hold, and who set them."""
    machine = _seen(equipment_id)
    return _surroundings(machine, standing_of(machine, _settings(), now_ms()))


@door.get("/equipment/<int:equipment_id>/environment/series")
@needs("equipment.read")
@api.speaks(ChartsTold, asks=ChartsAsked)
def series(equipment_id, asked):
    """The lines of the charts of an equipment's surroundings, with the limits that held."""
    return charted(_seen(equipment_id), asked.span, _settings(), now_ms())


@door.get("/equipment/<int:equipment_id>/environment/shares")
@needs("equipment.read")
@api.speaks(list[ShareTold], asks=SharesAsked)
def shares_of_days(equipment_id, asked):
    """How long the surroundings were within limits, for each day and indicator."""
    machine, zone = _seen(equipment_id), _settings()["zone"]
    last_on = asked.last_on or day_at(now_ms(), zone)
    first_on = asked.first_on or max(last_on, FIRST_ON) - timedelta(days=29)
    if not (FIRST_ON <= first_on <= last_on < LAST_ON and last_on - first_on < timedelta(days=DAYS_MOST)):
        do = f"Give a day from {FIRST_ON} on, not before first_on and less than {DAYS_MOST} days after it."
        raise Refused("field_invalid", "the days cannot be", [wrong("query.last_on", str(last_on), "out of range", do)])
    found = shares(machine, first_on, last_on, zone, now_ms())
    return [
        ShareTold(day, *indicator, place, *share)
        for (indicator, place), by_day in found.items()
        for day, share in sorted(by_day.items())
    ]


def _surroundings(machine, some):
    standing = [
        StandingTold(
            *one.indicator, one.place, one.value, unit_of(one.indicator), one.ts_ms, one.state,
            one.rule and told(one.rule),
        )
        for one in some
    ]  # fmt: skip
    return SurroundingsTold(machine.id, machine.name, machine.kind, worst(some), standing)


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)


def _settings():
    return current_app.config["SETTINGS"]
