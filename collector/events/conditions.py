"""Kinds of conditions: a function of readings side by side for each, and a table of them. No I/O.

A condition says of every reading one of three things: it holds (1), it has surely ended (-1), or neither (0), which is
inside the hysteresis or not known. So of several the least holds where all must hold, the greatest where one is enough,
and what was not measured neither begins nor ends anything.
"""

from collections import namedtuple
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

HOLDS, KEEPS, ENDS = 1, 0, -1
MINUTE_MS, DAY_MIN = 60_000, 1440

# Readings of one terminal in their order, arrays of equal length. values: {channel: float64 in its unit, NaN where not
# measured or bad}; bad: {channel: truths, where a value was measured and bad}, left out where none was
# states: names of running states as an array of texts ("" where not known), or None
# changes: {(channel, within_s): array [2, reading], how far risen and fallen}; zone: whose hours a schedule means
Trace = namedtuple("Trace", ("ts_ms", "values", "bad", "states", "changes", "zone"))
Trace.__new__.__defaults__ = (None, {}, "UTC")

Kind = namedtuple("Kind", ("signal", "fields"))  # fields: {name: type}, what a condition of this kind says


def signal(condition, trace):
    """int8 of HOLDS, KEEPS, ENDS for each reading of a Trace."""
    return KINDS[condition["kind"]].signal(condition, trace)


def leaves(condition):
    """Every condition of a tree that is made of no others."""
    if "of" not in condition:
        yield condition
    for part in condition.get("of", ()):
        yield from leaves(part)


def _said(holds, ends):
    return holds.astype(np.int8) - ends.astype(np.int8)


def _above(condition, trace):
    values = values_of(trace, condition["channel"])
    return _said(values > condition["limit"], values <= condition["limit"] - condition.get("hysteresis", 0))


def _below(condition, trace):
    values = values_of(trace, condition["channel"])
    return _said(values < condition["limit"], values >= condition["limit"] + condition.get("hysteresis", 0))


def values_of(trace, channel):
    """What a Trace has of a channel, NaN where it has nothing."""
    found = trace.values.get(channel)
    return np.full(len(trace.ts_ms), np.nan) if found is None else found


def _rises(condition, trace):
    return _moved(condition, trace, 0)


def _falls(condition, trace):
    return _moved(condition, trace, 1)


def _moved(condition, trace, way):
    found = trace.changes.get((condition["channel"], condition["within_s"]))
    if found is None:
        return np.zeros(len(trace.ts_ms), np.int8)
    ends = condition["by"] - condition.get("hysteresis", 0)
    return _said(found[way] >= condition["by"], found[way] < ends)


def _bad(condition, trace):
    values, bad = values_of(trace, condition["channel"]), trace.bad.get(condition["channel"])
    return _said(np.zeros(len(values), bool) if bad is None else bad, np.isfinite(values))


def _state(condition, trace):
    if trace.states is None:
        return np.zeros(len(trace.ts_ms), np.int8)
    inside = np.isin(trace.states, condition["states"])
    return _said(inside, ~inside & (trace.states != ""))


def _schedule(condition, trace):
    zone, inside = ZoneInfo(trace.zone), []
    for ts_ms in trace.ts_ms.tolist():
        there = datetime.fromtimestamp(ts_ms / 1000, zone)
        inside.append(is_scheduled(condition, there.isoweekday(), there.hour * 60 + there.minute))
    inside = np.array(inside, bool)
    return _said(inside, ~inside)


def is_scheduled(condition, weekday, minute):
    """Whether a minute of a day (1 Monday .. 7 Sunday) is in a schedule; what is past midnight began the day before."""
    start, end = condition["from_min"], condition["to_min"]
    if start < end:
        return weekday in condition["days"] and start <= minute < end
    before = weekday - 1 or 7
    return (weekday in condition["days"] and minute >= start) or (before in condition["days"] and minute < end)


def _all(condition, trace):
    return np.minimum.reduce([signal(part, trace) for part in condition["of"]])


def _any(condition, trace):
    return np.maximum.reduce([signal(part, trace) for part in condition["of"]])


KINDS = {
    "above": Kind(_above, {"channel": str, "limit": float, "hysteresis": float}),
    "below": Kind(_below, {"channel": str, "limit": float, "hysteresis": float}),
    "rises": Kind(_rises, {"channel": str, "by": float, "within_s": int, "hysteresis": float}),
    "falls": Kind(_falls, {"channel": str, "by": float, "within_s": int, "hysteresis": float}),
    "bad": Kind(_bad, {"channel": str}),
    "state": Kind(_state, {"states": list}),
    "schedule": Kind(_schedule, {"days": list, "from_min": int, "to_min": int}),
    # what the clock says (watch.py); what limits of a unit's own history (history.py) make of the first two kinds
    "silent": Kind(None, {"after_s": int}),
    "unlike": Kind(None, {"channel": str, "times": float, "days": int}),
    "all": Kind(_all, {"of": list}),
    "any": Kind(_any, {"of": list}),
}
