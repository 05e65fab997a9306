"""Lines of points for the charts of an equipment over an hour, a day, a month."""

from collections import namedtuple

from collector import readings
from collector.equipment.models import Binding
from firmware.protocol.channels import BY_NAME

Span = namedtuple("Span", ("length_ms", "step_ms"))
SPANS = {
    "hour": Span(3_600_000, 5_000),
    "day": Span(86_400_000, 120_000),
    "month": Span(30 * 86_400_000, readings.HOUR_MS),
}


def trend(equipment, charts, span_name, gap_after_s, now_ms):
    """The lines of some charts. A line belongs to one binding; a point of nulls is a gap.

    `charts`: (channel, the channel with the least inside each window, that with the most; or None) for each.
    """
    span = SPANS[span_name]
    from_ms = (now_ms - span.length_ms) // span.step_ms * span.step_ms
    bindings = list(Binding.within(equipment, from_ms, now_ms))
    lines = []
    for channel, low, high in charts:
        for binding in bindings:
            if channel in binding.channels:
                points = _points(binding, (channel, low, high), span_name, from_ms, now_ms)
                points = with_gaps(points, gap_after_s * 1000, span.step_ms)
                lines.append({"channel": channel, "place": binding.place, "terminal_id": binding.terminal_id})
                lines[-1] |= {"unit": BY_NAME[channel].unit, "points": [tuple(point) for point in points]}
    return {"from_ms": from_ms, "to_ms": now_ms, "step_ms": span.step_ms, "lines": lines}


def _points(binding, channels, span_name, from_ms, to_ms):
    """[Point] of one binding; no reading of before or after it is looked at."""
    from_ms, to_ms = max(from_ms, binding.from_ms), min(to_ms, binding.to_ms or to_ms)
    channel, low, high = channels
    if span_name == "month":
        return _hourly(binding.terminal_id, channels, readings.hour_of(from_ms), to_ms)
    step_ms = SPANS[span_name].step_ms
    return readings.series(binding.terminal_id, channel, from_ms, to_ms, step_ms, low, high)


def _hourly(terminal_id, channels, from_ms, to_ms):
    channel, low, high = channels
    lows = {one.hour_ms: one.low for one in readings.hours(terminal_id, low or channel, from_ms, to_ms)}
    highs = {one.hour_ms: one.high for one in readings.hours(terminal_id, high or channel, from_ms, to_ms)}
    return [
        readings.Point(one.hour_ms, one.total / one.n, lows.get(one.hour_ms, one.low), highs.get(one.hour_ms, one.high))
        for one in readings.hours(terminal_id, channel, from_ms, to_ms)
    ]


def with_gaps(points, gap_after_ms, step_ms):
    """The points with one of nulls wherever too much time lies between two of them.

    Too much is more than gap_after_ms, more than two steps and more than three times the usual distance.
    """
    distances = sorted(after.ts_ms - before.ts_ms for before, after in zip(points, points[1:], strict=False))
    usual_ms = distances[len(distances) // 2] if distances else 0
    longest_ms = max(gap_after_ms, 2 * step_ms, 3 * usual_ms)
    out = []
    for point in points:
        if out and point.ts_ms - out[-1].ts_ms > longest_ms:
            out.append(readings.Point(out[-1].ts_ms + 1, None, None, None))
        out.append(point)
    return out
