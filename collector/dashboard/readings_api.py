"""/api/v1 for readings: the latest value of every channel of an equipment, and one channel over any span."""

from typing import Annotated, Literal

from flask import abort
from msgspec import Meta, Struct

from collector import api, readings
from collector.clock import now_ms
from collector.equipment import PLACES, Binding, Equipment
from collector.web import needs, scope
from collector.web.problems import Refused, wrong
from firmware.protocol.channels import BY_NAME

POINTS_MOST = 20_000

Channel = Literal[tuple(BY_NAME)]


class LatestTold(Struct):
    """The newest value of a channel as one binding says it; null: measured and bad."""

    channel: Channel
    unit: str
    value: float | None
    ts_ms: int
    terminal_id: str
    place: Literal[PLACES]


class ReadingsAsked(Struct):
    """One channel, from_ms <= instant < to_ms, thinned to a point per step."""

    channel: Channel
    from_ms: api.Instant
    to_ms: api.Instant
    step_ms: Annotated[int, Meta(ge=1, le=31 * 86_400_000)] = 60_000


class ReadingsLine(Struct):
    """The points of one binding: instant, mean, lowest, highest of each step in which something valid was measured."""

    terminal_id: str
    place: Literal[PLACES]
    points: list[tuple[int, float, float, float]]


class ReadingsTold(Struct):
    """A channel of an equipment over a span."""

    channel: Channel
    unit: str
    from_ms: int
    to_ms: int
    step_ms: int
    lines: list[ReadingsLine]


door = api.room("readings")


@door.get("/equipment/<int:equipment_id>/latest")
@needs("equipment.read")
@api.speaks(list[LatestTold])
def latest(equipment_id):
    """The newest value of every channel that terminals bound to it now have measured since they were."""
    bindings = list(Binding.of([_seen(equipment_id).id], now_ms()))
    found = readings.latest(list({binding.terminal_id for binding in bindings}))
    return [
        LatestTold(one.channel, BY_NAME[one.channel].unit, one.value, one.ts_ms, one.terminal_id, binding.place)
        for binding in bindings
        for one in found
        if one.terminal_id == binding.terminal_id and one.channel in binding.channels and one.ts_ms >= binding.from_ms
    ]


@door.get("/equipment/<int:equipment_id>/readings")
@needs("equipment.read")
@api.speaks(ReadingsTold, asks=ReadingsAsked)
def span(equipment_id, asked):
    """One channel over a span, a point per step, each line of one binding."""
    equipment = _seen(equipment_id)
    if not 0 < asked.to_ms - asked.from_ms <= POINTS_MOST * asked.step_ms:
        what = f"is not 1 to {POINTS_MOST} steps behind from_ms"
        do = "ask for a shorter span or longer steps"
        raise Refused("field_invalid", "the span cannot be taken", [wrong("query.to_ms", asked.to_ms, what, do)])
    lines = [_line(binding, asked) for binding in Binding.within(equipment, asked.from_ms, asked.to_ms)]
    unit = BY_NAME[asked.channel].unit
    lines = [line for line in lines if line is not None]
    return ReadingsTold(asked.channel, unit, asked.from_ms, asked.to_ms, asked.step_ms, lines)


def _line(binding, asked):
    if asked.channel not in binding.channels:
        return None
    from_ms, to_ms = max(asked.from_ms, binding.from_ms), min(asked.to_ms, binding.to_ms or asked.to_ms)
    points = readings.series(binding.terminal_id, asked.channel, from_ms, to_ms, asked.step_ms)
    return ReadingsLine(binding.terminal_id, binding.place, [tuple(point) for point in points])


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)
