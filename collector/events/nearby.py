"""Rules of several channels where several terminals measure one equipment: each terminal may know a part only.

Whoever measures what such a rule names first judges it. Of its other channels it takes what it measures itself, else
the newest value that another terminal of the same equipment had by then, at most two minutes old.
"""

import numpy as np

from collector.events.conditions import leaves

NEAR_MS = 120_000
KEPT = 64  # readings of each channel, while they are judged as they come
PREFIX = "near "  # before a channel of which another terminal's value serves as well


def widened(condition):
    """The same condition, where all its parts must hold, with the channels that others may know named so."""
    first = next((leaf["channel"] for leaf in leaves(condition) if "channel" in leaf), None)
    return _widened(condition, first) if condition["kind"] == "all" else condition


def _widened(condition, first):
    if "of" in condition:
        return condition | {"of": [_widened(part, first) for part in condition["of"]]}
    if condition.get("channel", first) == first or condition["kind"] == "bad":
        return condition
    return condition | {"channel": PREFIX + condition["channel"]}


def channels_of(names):
    """(channels that are among these names, those of which another terminal's value serves as well)."""
    texts = [name for name in names if isinstance(name, str)]
    return [one for one in texts if not one.startswith(PREFIX)], [
        one.removeprefix(PREFIX) for one in texts if one.startswith(PREFIX)
    ]


def as_of(ts_ms, there_ms, values):
    """The newest of values, measured at there_ms in their order, for each instant; NaN where none is near."""
    if not len(there_ms):
        return np.full(len(ts_ms), np.nan)
    at = np.searchsorted(there_ms, ts_ms, side="right") - 1
    near = (at >= 0) & (ts_ms - there_ms[at] <= NEAR_MS)
    return np.where(near, values[at], np.nan)


class Nearby:
    """The newest values of each channel of equipment that several terminals measure."""

    def __init__(self, most=KEPT):
        self._most = most  # values of each channel that are kept; None: all
        self._kept = {}  # {(number of the equipment, channel): (instants in their order, values)}

    def put(self, equipment_id, trace):
        """Take what one terminal measured, a Trace."""
        for channel, values in trace.values.items():
            there = np.isfinite(values)
            before_ms, before = self._kept.get((equipment_id, channel), (trace.ts_ms[:0], values[:0]))
            all_ms = np.concatenate((before_ms, trace.ts_ms[there]))
            newest = np.argsort(all_ms, kind="stable")[-(self._most or len(all_ms)) :]
            found = all_ms[newest], np.concatenate((before, values[there]))[newest]
            self._kept[equipment_id, channel] = found

    def at(self, equipment_id, channel, trace):
        """The values of a channel beside a terminal's readings: its own, else another's, NaN where none is near."""
        nothing = np.full(len(trace.ts_ms), np.nan)
        own, bad = trace.values.get(channel, nothing), trace.bad.get(channel, False)
        there = as_of(trace.ts_ms, *self._kept.get((equipment_id, channel), (trace.ts_ms[:0], nothing[:0])))
        return np.where(np.isfinite(own) | bad, own, there)
