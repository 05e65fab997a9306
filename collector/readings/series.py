"""Readings of a span, thinned to one point per step."""

from collections import namedtuple

import numpy as np

from collector.readings.columns import values_of
from collector.readings.span import span
from firmware.protocol.channels import BY_NAME

Point = namedtuple("Point", ("ts_ms", "mean", "low", "high"))  # in the channel's unit


def series(terminal_id, channel, from_ms, to_ms, step_ms, low=None, high=None):
    """[Point] for from_ms <= ts < to_ms, at most one per step, none where nothing valid was measured.

    `low` and `high` name the channels that hold the extremes inside a window, when there are such.
    """
    names = {name for name in (channel, low, high) if name}
    found = span(terminal_id, names, from_ms, to_ms)
    if found is None:
        return []
    values = values_of(found, BY_NAME[channel].id)
    valid = np.isfinite(values)
    if not valid.any():
        return []
    values, ts_ms, windows = values[valid], found.ts_ms[valid], found.windows[valid]
    starts = np.flatnonzero(np.diff((ts_ms - from_ms) // step_ms, prepend=-1))
    counts = np.diff(starts, append=len(values))
    instants = np.add.reduceat(ts_ms - from_ms, starts) // counts + from_ms
    means = np.add.reduceat(values * windows, starts) / np.add.reduceat(windows, starts)
    lows = np.minimum.reduceat(_extremes(found, low, values, valid), starts)
    highs = np.maximum.reduceat(_extremes(found, high, values, valid), starts)
    return list(map(Point, instants.tolist(), means.tolist(), lows.tolist(), highs.tolist()))


def _extremes(found, name, values, valid):
    """The extremes inside the windows; the values themselves where none were measured."""
    if name is None:
        return values
    extremes = values_of(found, BY_NAME[name].id)[valid]
    return np.where(np.isfinite(extremes), extremes, values)
