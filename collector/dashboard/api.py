"""/api/v1 about the state of equipment: the overview and the charts, for our own pages and for programs."""

from typing import Annotated, Literal

from flask import abort, current_app
from msgspec import Meta, Struct

from collector import api
from collector.clock import now_ms
from collector.dashboard.freshness import ORDER
from collector.dashboard.overview import CHARTS, SHOWN, entry_of, overview
from collector.equipment import KINDS, PLACES, SPANS, Equipment, trend
from collector.web import needs, scope, zone

State = Literal[ORDER]


class Value(Struct):
    """The latest value of a channel; null: measured and bad."""

    value: float | None
    unit: str
    decimals: int
    ts_ms: int


class Entry(Struct):
    """One piece of equipment with the state of its data; a channel never measured is absent."""

    id: int
    name: str
    kind: Literal[KINDS]
    asset_number: str
    room: str
    department: str
    state: State
    age_s: int | None
    latest_ms: int | None
    values: dict[Literal[SHOWN], Value]


class OverviewAsked(Struct):
    """Which page of the overview."""

    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class OverviewTold(Struct):
    """A page of the overview, what needs a person first."""

    server_ms: int
    equipment: list[Entry]
    counts: dict[State, int]
    page: int
    pages: int


class SeriesAsked(Struct):
    """How far back."""

    span: Literal[tuple(SPANS)] = "hour"


class ChartLine(Struct):
    """The points of one binding: instant, mean, lowest, highest; nulls are a gap."""

    channel: Literal[tuple(channel for channel, _low, _high in CHARTS)]
    place: Literal[PLACES]
    terminal_id: str
    unit: str
    points: list[tuple[int, float | None, float | None, float | None]]


class SeriesTold(Struct):
    """The lines of an equipment's charts."""

    span: str
    zone: str
    equipment: Entry
    from_ms: int
    to_ms: int
    step_ms: int
    lines: list[ChartLine]


door = api.room("overview")


@door.get("/overview")
@needs("equipment.read")
@api.speaks(OverviewTold, asks=OverviewAsked)
def all_equipment(asked):
    """Equipment with its state and last values, what needs a person first; `page` the next of them."""
    now = now_ms()
    found = overview(scope(), current_app.config["SETTINGS"], now, asked.page)
    return {
        "server_ms": now,
        "equipment": found.entries,
        "counts": found.counts,
        "page": found.page,
        "pages": found.pages,
    }


@door.get("/equipment/<int:equipment_id>/series")
@needs("equipment.read")
@api.speaks(SeriesTold, asks=SeriesAsked)
def equipment_series(equipment_id, asked):
    """The lines of an equipment's charts over an hour, a day or a month."""
    equipment = Equipment.seen(scope(), equipment_id) or abort(404)
    settings, now = current_app.config["SETTINGS"], now_ms()
    lines = trend(equipment, CHARTS, asked.span, settings["late_after_s"], now)
    entry = entry_of(equipment, settings, now)
    return {"span": asked.span, "zone": zone(), "equipment": entry} | lines
