"""The stored current of a terminal as columns that states are told from, the same for an hour whatever is fetched."""

import numpy as np

from collector import readings
from collector.running.readings import Columns, ordered
from firmware.protocol.channels import BY_NAME

CHANNELS = ("current_a", "current_min_a", "current_max_a")
CHANNEL = CHANNELS[0]


def columns_of(terminal_id, from_ms, to_ms, window_ms):
    """Columns of from_ms <= ts < to_ms, each instant once, in the order of time; None without a valid current.

    A thinned reading counts as its windows, as far as they lie within its hour.
    """
    found = readings.span(terminal_id, CHANNELS, from_ms, to_ms)
    if found is None:
        return None
    mean, least, most = (readings.values_of(found, BY_NAME[name].id) for name in CHANNELS)
    rows, ts_ms = _windows(found.ts_ms, found.windows, np.isfinite(mean), window_ms)
    order = np.lexsort((mean[rows], ts_ms))
    again = np.concatenate((np.diff(ts_ms[order]) == 0, [False]))[: len(order)]
    rows, ts_ms = rows[order[~again]], ts_ms[order[~again]]
    if not len(rows):
        return None
    mean = np.maximum(mean[rows], 0)
    least, most = (np.where(np.isfinite(part[rows]), np.maximum(part[rows], 0), mean) for part in (least, most))
    return Columns(ts_ms, mean, np.minimum(least, mean), np.maximum(most, mean), window_ms, [])


def _windows(ts_ms, windows, good, window_ms):
    """(place of its reading, instant) of each window."""
    rows = np.flatnonzero(good)
    many = np.maximum(1, windows[rows])
    first = np.cumsum(many) - many
    rows = np.repeat(rows, many)
    after = (np.arange(len(rows)) - np.repeat(first, many)) * window_ms
    inside = (ts_ms[rows] % readings.HOUR_MS + after) < readings.HOUR_MS
    return rows[inside], (ts_ms[rows] + after)[inside]


def to_learn_from(terminal_id, from_ms, to_ms):
    """(Columns of a span, by how much they were too large because the meter speaks of mA), or (None, 1.0)."""
    found = readings.span(terminal_id, CHANNELS, from_ms, to_ms)
    if found is None:
        return None, 1.0
    values = [readings.values_of(found, BY_NAME[name].id) for name in CHANNELS]
    columns = ordered(found.ts_ms, *(part if np.isfinite(part).any() else None for part in values))
    highest = float(np.nanmax(values[0], initial=0.0))
    scaled = columns.mean.size > 0 and highest > 2 * float(columns.mean.max())
    return columns, 1000.0 if scaled else 1.0
