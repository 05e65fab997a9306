"""A channel around an event, or over days with a rule, as points of a small picture; a template draws it."""

import json
from collections import namedtuple

from collector import readings
from firmware.protocol.channels import BY_NAME

WIDTH, HEIGHT, MARGIN = 720, 160, 4
POINTS = 240
AROUND_MS = 1_800_000  # of readings before an event began and after it was over

# line: points of the means; marks: [(from x, width)] of spans; limit: its y, or None; low, high: of the picture
Picture = namedtuple("Picture", ("channel", "unit", "line", "marks", "limit", "low", "high", "from_ms", "to_ms"))


def picture(terminal_id, channel, from_ms, to_ms, spans=(), limit=None):
    """The Picture of a channel over a span; None where nothing valid was measured."""
    points = readings.series(terminal_id, channel, from_ms, to_ms, max(1, (to_ms - from_ms) // POINTS))
    return drawn(channel, [(one.ts_ms, one.mean) for one in points], from_ms, to_ms, spans, limit)


def around(event, now_ms):
    """The Picture of the channel an Event is about, from before it began until after it was over; or None."""
    said = json.loads(event.said)
    if event.equipment_id is None or "channel" not in said:
        return None
    end_ms = event.cleared_ms or now_ms
    first_ms, last_ms = event.began_ms - AROUND_MS, min(end_ms + AROUND_MS, now_ms)
    limit = said.get("limit") if said["kind"] in ("above", "below") else None
    return picture(event.subject, said["channel"], first_ms, last_ms, [(event.began_ms, end_ms)], limit)


def drawn(channel, points, from_ms, to_ms, spans, limit):
    """The same of [(instant, value)]."""
    if not points:
        return None
    values = [value for _ts_ms, value in points] + ([] if limit is None else [limit])
    low, high = min(values), max(values)
    room = (high - low) * 0.1 or 1
    low, high = low - room, high + room

    def across(ts_ms):
        return round(WIDTH * (min(max(ts_ms, from_ms), to_ms) - from_ms) / (to_ms - from_ms), 1)

    def down(value):
        return round(MARGIN + (HEIGHT - 2 * MARGIN) * (high - value) / (high - low), 1)

    line = " ".join(f"{across(ts_ms)},{down(value)}" for ts_ms, value in points)
    marks = [(across(start), max(1.5, across(end) - across(start))) for start, end in spans]
    at = None if limit is None else down(limit)
    return Picture(channel, BY_NAME[channel].unit, line, marks, at, low, high, from_ms, to_ms)
