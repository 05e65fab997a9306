"""Many rules over the readings of many terminals at once: nearly all are settled by the extremes of what came. No I/O.

A rule at rest stays so when no reading can make its condition hold; a raised one when none can end it. Both follow from
the least and the greatest value of each channel, a comparison of two small tables for all rules and terminals together.
What is left is judged reading by reading.
"""

from collections import namedtuple
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from collector.events import changes, latch, rules
from collector.events.conditions import MINUTE_MS, Trace, is_scheduled, leaves, signal, values_of

HOUR_MS = 60 * MINUTE_MS
NEVER = np.inf

# Several stretches of readings side by side, each of one terminal in its order: a Trace of all rows, where each begins
Stretches = namedtuple("Stretches", ("trace", "starts"))


class Plan:
    """Lines that some terminals share, as tables: a row of limits for each condition made of no others."""

    def __init__(self, lines):
        self.lines, self.keys = lines, {line.key: at for at, line in enumerate(lines)}  # keys: where each stands
        self.changes = rules.changes_of(lines)
        self.parts_ms = np.array([changes.part_ms(within_s) for _channel, within_s in self.changes])
        tops = [(line.condition["kind"], line.condition.get("of", [line.condition])) for line in lines]
        # of lines for which all parts must hold first, then those for which one is enough
        self.order = sorted(range(len(lines)), key=lambda at: tops[at][0] == "any")
        parts = [(at, part) for at in self.order for part in tops[at][1]]
        self.leaves = [leaf for _at, part in parts for leaf in leaves(part)]
        self.asks_state = any(leaf["kind"] == "state" for leaf in self.leaves)
        self._parts = _starts([sum(1 for _ in leaves(part)) for _at, part in parts])
        counts = [len(tops[at][1]) for at in self.order]
        self._all = sum(1 for kind, _parts in tops if kind != "any")
        self._lines = _starts(counts)
        self.columns = self._columns()
        self._limits()

    def _columns(self):
        """What extremes are taken of: channels, and how far they rise and fall."""
        channels = dict.fromkeys(leaf["channel"] for leaf in self.leaves if "channel" in leaf)
        moved = [(channel, within_s, way) for channel, within_s in self.changes for way in (0, 1)]
        return {name: at for at, name in enumerate([*channels, *moved])}

    def _limits(self):
        """Which column each leaf looks at, from which side, and where it holds and ends."""
        count = len(self.leaves)
        self._at, self._sign = np.zeros(count, int), np.ones(count)
        self._limit, self._ease = np.full(count, NEVER), np.full(count, -NEVER)
        for at, leaf in enumerate(self.leaves):
            kind, hysteresis = leaf["kind"], leaf.get("hysteresis", 0)
            if kind in ("above", "below"):
                self._sign[at] = sign = 1 if kind == "above" else -1
                self._at[at] = self.columns[leaf["channel"]]
                self._limit[at], self._ease[at] = sign * leaf["limit"], sign * leaf["limit"] - hysteresis
            elif kind in ("rises", "falls"):
                self._at[at] = self.columns[leaf["channel"], leaf["within_s"], int(kind == "falls")]
                self._limit[at] = np.nextafter(leaf["by"], -NEVER)  # at the amount it holds already
                self._ease[at] = np.nextafter(leaf["by"] - hysteresis, -NEVER)
        self._up = self._sign > 0
        self._others = [at for at, leaf in enumerate(self.leaves) if leaf["kind"] not in _BY_EXTREMES]

    def open(self, extremes, stretches, marks):
        """Truths [stretch, line] of what the extremes (least, greatest: [stretch, column]) do not settle."""
        holds, ends = self._could(extremes, stretches)
        could_hold = self._of_lines(holds, np.logical_and, np.logical_or)
        could_end = self._of_lines(ends, np.logical_or, np.logical_and)
        return np.where(marks == latch.REST, could_hold, np.where(marks == latch.RAISED, could_end, True))

    def _could(self, extremes, stretches):
        """Truths [stretch, leaf]: whether a reading may be there for which it holds; for which it has ended."""
        least, greatest = (one[:, self._at] for one in extremes)
        furthest, nearest = np.where(self._up, greatest, -least), np.where(self._up, least, -greatest)
        holds, ends = furthest > self._limit, nearest <= self._ease
        for at in self._others:
            holds[:, at], ends[:, at] = _OTHERS[self.leaves[at]["kind"]](self.leaves[at], stretches)
        return holds, ends

    def _of_lines(self, found, of_all, of_any):
        """Truths [stretch, line] from those of leaves: a part may, if one of its leaves may."""
        parts = np.logical_or.reduceat(found, self._parts, axis=1)
        out, cut = np.empty((len(found), len(self.lines)), bool), self._all
        if cut:
            end = self._lines[cut] if cut < len(self._lines) else None
            out[:, self.order[:cut]] = of_all.reduceat(parts[:, :end], self._lines[:cut], axis=1)
        if cut < len(self._lines):
            out[:, self.order[cut:]] = of_any.reduceat(parts, self._lines[cut:], axis=1)
        return out


def _starts(counts):
    return np.cumsum([0, *counts[:-1]])


def judge(plan, memories, stretches):
    """([(stretch, Line, Edge)], {stretch: memory} of those that changed); rows of an Edge count from its stretch."""
    ends = np.append(stretches.starts[1:], len(stretches.trace.ts_ms))
    stretches, moved = _with_changes(plan, memories, stretches, ends)
    marks = _marks(plan, memories)
    unsettled = plan.open(_extremes(plan, stretches), stretches, marks)
    told, changed = [], {}
    for at in np.flatnonzero(unsettled.any(axis=1)).tolist():
        trace = rows_of(stretches.trace, int(stretches.starts[at]), int(ends[at]))
        picked = [plan.lines[number] for number in np.flatnonzero(unsettled[at]).tolist()]
        edges, kept = _judged(picked, memories[at].get("marks", {}), trace)
        told += [(at, line, edge) for line, edge in edges]
        if kept is not None:
            changed[at] = kept
    return told, _memories(memories, changed, moved)


def _judged(picked, before, trace):
    """([(Line, Edge)] in order, marks or None when they stay)."""
    marks, told = dict(before), []
    for line in picked:
        said = signal(line.condition, trace)
        mark, edges = latch.follow(marks.pop(line.key, latch.REST), trace.ts_ms, said, line.for_ms, line.clear_ms)
        if mark != latch.REST:
            marks[line.key] = mark
        told += [(line, edge) for edge in edges]
    told.sort(key=lambda pair: (pair[1].row, pair[1].raised))
    return told, None if marks == before else marks


def _memories(memories, changed, moved):
    found = {}
    for at in moved.keys() | changed.keys():
        found[at] = {"changes": moved[at]} if at in moved else {}
        if marks := changed.get(at, memories[at].get("marks")):
            found[at]["marks"] = marks
    return found


def _marks(plan, memories):
    """The marks as a table [stretch, line]."""
    table = np.zeros((len(memories), len(plan.lines)), np.int64)
    for at, memory in enumerate(memories):
        for key, mark in memory.get("marks", {}).items():
            table[at, plan.keys[key]] = mark
    return table


def _with_changes(plan, memories, stretches, ends):
    """(Stretches with what rose and fell, {stretch: memory of that})."""
    trace, starts, asked = stretches.trace, stretches.starts, plan.changes
    if not asked:
        return stretches, {}
    tables = np.array([changes.tables_of(one.get("changes", changes.NONE), asked) for one in memories])
    values = np.stack([values_of(trace, channel) for channel, _within_s in asked], axis=1)
    found = np.empty((2, *values.shape))
    for ahead in range(int((ends - starts).max())):
        there = starts + ahead < ends
        rows, some = starts[there] + ahead, tables[there]
        found[:, rows] = changes.step(some, plan.parts_ms, trace.ts_ms[rows], values[rows])
        tables[there] = some
    moved = {at: changes.Kept(asked, one) for at, one in enumerate(tables)}
    said = {pair: found[:, :, at] for at, pair in enumerate(asked)}
    return stretches._replace(trace=trace._replace(changes=said)), moved


def _extremes(plan, stretches):
    """(least, greatest) of each column in each stretch, [stretch, column]; nothing known is beyond every limit."""
    shape = len(stretches.starts), max(1, len(plan.columns))
    least, greatest = np.full(shape, NEVER), np.full(shape, -NEVER)
    for name, at in plan.columns.items():
        values = _column(stretches.trace, name)
        if values is not None:
            least[:, at] = np.fmin.reduceat(np.fmin(values, NEVER), stretches.starts)
            greatest[:, at] = np.fmax.reduceat(np.fmax(values, -NEVER), stretches.starts)
    return least, greatest


def _column(trace, name):
    if isinstance(name, str):
        return trace.values.get(name)
    *change, way = name
    found = trace.changes.get(tuple(change))
    return None if found is None else found[way]


def rows_of(trace, start, end):
    """The Trace of some rows."""
    rows = slice(start, end)
    values, bad = ({name: one[rows] for name, one in part.items()} for part in (trace.values, trace.bad))
    moved = {key: pair[:, rows] for key, pair in trace.changes.items()}
    states = None if trace.states is None else trace.states[rows]
    return Trace(trace.ts_ms[rows], values, bad, states, moved, trace.zone)


# What extremes do not say of the other kinds: (may hold, may have ended), for all stretches or each.


def _bad(leaf, stretches):
    bad = stretches.trace.bad.get(leaf["channel"])
    return (False if bad is None else np.logical_or.reduceat(bad, stretches.starts)), True


def _state(leaf, stretches):
    states = stretches.trace.states
    if states is None:
        return False, False
    inside = np.isin(states, leaf["states"])
    return tuple(np.logical_or.reduceat(one, stretches.starts) for one in (inside, ~inside))


def _schedule(leaf, stretches):
    first_ms, last_ms = int(stretches.trace.ts_ms.min()), int(stretches.trace.ts_ms.max())
    if last_ms - first_ms > HOUR_MS:
        return True, True
    leaf_key = tuple(leaf["days"]), leaf["from_min"], leaf["to_min"], stretches.trace.zone
    minutes = range(first_ms // MINUTE_MS, last_ms // MINUTE_MS + 1)
    inside = [_is_inside(*leaf_key, minute) for minute in minutes]
    return any(inside), not all(inside)


@lru_cache(maxsize=4096)
def _is_inside(days, from_min, to_min, zone, minute):
    there = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
    condition = {"days": days, "from_min": from_min, "to_min": to_min}
    return is_scheduled(condition, there.isoweekday(), there.hour * 60 + there.minute)


_BY_EXTREMES = ("above", "below", "rises", "falls")
_OTHERS = {"bad": _bad, "state": _state, "schedule": _schedule}
