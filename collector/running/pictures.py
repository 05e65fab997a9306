"""Figures as shapes on a field of 1000 x 100: what a page draws without computing. No I/O.

A field is stretched to its place; words stand beside it, never in it.
"""

from collections import namedtuple

WIDE, HIGH = 1000.0, 100.0

# css: its class; title: what it says when pointed at, and to who cannot see it; day: the day it leads to, or None
Box = namedtuple("Box", "x y width height css title day opacity", defaults=(None, 1.0))
Line = namedtuple("Line", "points css")


def ribbon(spells, from_ms, to_ms, words):
    """[Box] of Spells over a span; `words` says one: words(spell)."""
    scale = WIDE / (to_ms - from_ms)
    return [
        Box(_round((one.start_ms - from_ms) * scale), 0, _round(max(0.4, (one.end_ms - one.start_ms) * scale)),
            HIGH, f"in-{one.state}", words(one))
        for one in spells
    ]  # fmt: skip


def bars(values, words, days, css="bar"):
    """[Box] of a row of values from the ground up; the highest fills the field. days: where each leads, or None."""
    most = max(values, default=0) or 1
    step = WIDE / max(1, len(values))
    return [
        Box(_round(at * step + 0.1 * step), _round(HIGH - HIGH * value / most), _round(0.8 * step),
            _round(HIGH * value / most), css, words(at), days[at] if days else None)
        for at, value in enumerate(values)
    ]  # fmt: skip


def heat(rows, words, days):
    """[Box] of a table of shares: a row for each day, a column for each hour; the largest is the darkest."""
    most = max((share for row in rows for share in row), default=0) or 1
    high, wide = HIGH / max(1, len(rows)), WIDE / 24
    return [
        Box(_round(hour * wide), _round(at * high), _round(0.94 * wide), _round(0.9 * high), "in-working",
            words(at, hour), days[at], round(0.08 + 0.92 * share / most, 3))
        for at, row in enumerate(rows)
        for hour, share in enumerate(row)
    ]  # fmt: skip


def trace(points, from_ms, to_ms):
    """([Line] of the highest and the mean of Points, the highest value): a gap of ten minutes breaks a line."""
    most = max((point.high for point in points), default=0.0) or 1.0
    parts = []
    for point in points:
        if not parts or point.ts_ms - parts[-1][-1].ts_ms > 600_000:
            parts.append([])
        parts[-1].append(point)
    scale = WIDE / (to_ms - from_ms)
    lines = []
    for name in ("high", "mean"):
        for part in parts:
            places = (
                f"{_round((point.ts_ms - from_ms) * scale)},{_round(HIGH - HIGH * getattr(point, name) / most)}"
                for point in part
            )
            lines.append(Line(" ".join(places), name))
    return lines, most


def _round(value):
    return round(value, 2)
