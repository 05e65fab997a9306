"""A channel around an event, or over days with a rule, as points of a small picture; a template draws it."""

from collections import namedtuple

from collector import readings
from firmware.protocol.channels import BY_NAME

WIDTH, HEIGHT, MARGIN = 720, 160, 4
POINTS = 240

# line: points of the means; marks: [(from x, width)] of spans; limit: its y, or None; low, high: of the picture
Picture = namedtuple("Picture", ("channel", "unit", "line", "marks", "limit", "low", "high", "from_ms", "to_ms"))


def picture(terminal_id, channel, from_ms, to_ms, spans=(), limit=None):
    """The Picture of a channel over a span; None where nothing valid was measured."""
    points = readings.series(terminal_id, channel, from_ms, to_ms, max(1, (to_ms - from_ms) // POINTS))
    return drawn(channel, [(one.ts_ms, one.mean) for one in points], from_ms, to_ms, spans, limit)


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
