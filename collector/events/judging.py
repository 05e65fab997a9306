"""Judging what is stored: a follower that sees each reading once, and what it remembers of each terminal.

What it remembers: {"seq": number judged last, "of": {number of the equipment: memory of its rules (rules.py)},
"waiting": readings (order.py), left out where none wait}.
"""

from collections import namedtuple

import numpy as np

from collector import db, readings, running
from collector.config import read_settings
from collector.events import edges, nearby, order, plan, rules, shape, together
from collector.events.conditions import Trace
from collector.events.known import KnownPlans
from collector.events.nearby import Nearby
from collector.events.plan import Stretches
from collector.readings import columns
from firmware.protocol.channels import BY_NAME

PATIENCE_MS = 30_000  # by their own instants; see order.py

# The readings of a terminal that are judged now, as rows of what is judged together, by the rules of one equipment
Unit = namedtuple("Unit", ("terminal_id", "equipment_id", "start", "end"))


class Judging:
    """The follower of this room (collector/following.py)."""

    name = "events"

    def __init__(self):
        self.zone = None  # whose hours a schedule means
        self._memory, self._touched = {}, set()
        self._book, self._nearby = KnownPlans(), Nearby()
        self._bindings, self._clamps, self._shared = None, {}, set()

    def forget(self):
        """Go back to what was kept last."""
        self.zone = read_settings(db.folder())["zone"]
        found = readings.remembered(self.name)
        self._memory, self._touched = {terminal_id: _read(one) for terminal_id, one in found.items()}, set()

    def keep(self):
        """Keep what is remembered. Call it inside a transaction."""
        readings.remember(self.name, {one: _written(self._memory[one]) for one in self._touched})
        self._touched = set()

    def follow(self, seen):
        """Whether something was raised or cleared by what came. Call it inside a transaction."""
        self._book.look_up(seen.now_ms)
        if seen.bindings is not self._bindings:  # the same until one begins or ends: a look at all takes long
            self._bindings, self._clamps, self._shared = seen.bindings, _clamps(seen.bindings), _shared(seen.bindings)
        self._touched.update(seen.arrival.terminal_ids)
        whole, units, late = self._in_order(seen)
        self._look_around(whole, units, seen.bindings)
        with together.look(seen.now_ms):
            told = [self._judge(known, some, whole, seen.now_ms) for known, some in self._by_plan(units, seen)]
            told += [self._judge_late(terminal_id, held, some, seen.now_ms) for terminal_id, held, some in late]
        return any(told)

    def _in_order(self, seen):
        """(Columns of what is judged now, [(terminal_id, first row, row behind the last)], late readings)."""
        arrival, ends = seen.arrival, readings.ends_of(seen.arrival)
        parts, units, late, row = [], [], [], 0
        plain = self._plain(arrival)
        bounds = zip(arrival.terminal_ids, arrival.starts.tolist(), ends.tolist(), plain.tolist(), strict=True)
        for terminal_id, start, end, is_plain in bounds:
            memory = self._memory.setdefault(terminal_id, {"seq": 0, "of": {}})
            some = slice(start, end)
            if not is_plain:
                found = columns.picked(arrival.columns, some)
                found, behind = self._dealt(memory, found)
                late += [(terminal_id, seen.bindings[terminal_id], behind)] if len(behind.seq) else []
                count = len(found.seq)
                parts.append(found)
            else:
                count = end - start
                memory["seq"] = int(arrival.columns.seq[end - 1])
                parts.append(None if plain.all() else columns.picked(arrival.columns, some))
            units += [(terminal_id, row, row + count)] if count else []
            row += count
        whole = arrival.columns if plain.all() else columns.joined(parts)
        return whole, units, late

    def _plain(self, arrival):
        """Truths: whether the readings of each terminal follow each other and those judged last."""
        memories = [self._memory.get(terminal_id, {"seq": 0}) for terminal_id in arrival.terminal_ids]
        seq = arrival.columns.seq
        before = np.concatenate(([0], seq[:-1]))
        before[arrival.starts] = [memory["seq"] for memory in memories]
        goes_on = order.is_next(before, seq - arrival.columns.behind, seq)
        free = np.array(["waiting" not in memory for memory in memories])
        return np.logical_and.reduceat(goes_on, arrival.starts) & free

    def _dealt(self, memory, found):
        """(Columns to judge now, Columns that are late); the memory keeps the others."""
        if waiting := memory.pop("waiting", None):
            found = columns.joined([waiting, found])
        now, late, rest = order.deal(memory["seq"], found, PATIENCE_MS)
        if len(now):
            memory["seq"] = int(found.seq[now[-1]])
        if len(rest):
            memory["waiting"] = columns.picked(found, rest)
        return columns.picked(found, now), columns.picked(found, late)

    def _look_around(self, whole, units, bindings):
        """Keep what is measured of equipment with several terminals, for rules of which each knows a part."""
        for terminal_id, start, end in units:
            for held in bindings.get(terminal_id, ()):
                if held.to_ms is None and held.equipment_id in self._shared:
                    some = columns.picked(whole, slice(start, end))
                    self._nearby.put(held.equipment_id, trace_of(some, held.channels, self.zone))

    def _by_plan(self, units, seen):
        """(Known, [Unit]) pairs of those terminals that are bound to an equipment with rules."""
        found = {}
        for terminal_id, start, end in units:
            bound = [held for held in seen.bindings.get(terminal_id, ()) if held.to_ms is None]
            self._leave(terminal_id, {held.equipment_id for held in bound}, seen.now_ms)
            for held in bound:
                known = self._book.of(terminal_id, held, held.equipment_id in self._shared)
                if known.plan is not None:
                    unit = Unit(terminal_id, held.equipment_id, start, end)
                    found.setdefault(id(known), (known, []))[1].append(unit)
        return found.values()

    def _leave(self, terminal_id, equipment_ids, now_ms):
        """What was raised of an equipment that the terminal speaks of no more is over."""
        of = self._memory[terminal_id]["of"]
        for equipment_id in of.keys() - equipment_ids:
            edges.let_go(Unit(terminal_id, equipment_id, 0, 0), of.pop(equipment_id).get("marks", {}), now_ms)

    def _judge(self, known, units, whole, now_ms):
        rows = np.concatenate([np.arange(unit.start, unit.end) for unit in units])
        some = whole if len(rows) == len(whole.seq) else columns.picked(whole, rows)
        starts = np.cumsum([0, *(unit.end - unit.start for unit in units[:-1])])
        trace = self._with_nearby(trace_of(some, known.plan.columns, self.zone), known.plan.columns, units, starts)
        if known.plan.asks_state:
            trace = trace._replace(states=self._states(units, trace.ts_ms, starts))
        memories = [self._memory_of(unit, known, now_ms) for unit in units]
        told, changed = plan.judge(known.plan, memories, Stretches(trace, starts))
        for at, memory in changed.items():
            self._memory[units[at].terminal_id]["of"][units[at].equipment_id] = memory
        for at, line, edge in told:
            row = int(starts[at]) + edge.row
            edges.keep_edge(known.entries[line.rule], line, edge, units[at], edges.values_at(some, row), now_ms)
        return bool(told)

    def _with_nearby(self, trace, names, units, starts):
        """The Trace with what other terminals of each unit's equipment measured beside it, where a rule asks that."""
        for channel in nearby.channels_of(names)[1]:
            parts = [
                self._nearby.at(unit.equipment_id, channel, plan.rows_of(trace, start, start + unit.end - unit.start))
                for unit, start in zip(units, starts.tolist(), strict=True)
            ]
            trace.values[nearby.PREFIX + channel] = np.concatenate(parts)
        return trace

    def _states(self, units, ts_ms, starts):
        """What each reading's equipment did, as far as its clamp says it now; "" where that is not known."""
        states = np.full(len(ts_ms), "", dtype="U10")
        for unit, start in zip(units, starts.tolist(), strict=True):
            for terminal_id in self._clamps.get(unit.equipment_id, ()):
                standing = running.LIVE.standing(terminal_id)
                rows = slice(start, start + unit.end - unit.start)
                if standing.state in shape.STATES:
                    states[rows] = np.where(ts_ms[rows] >= standing.since_ms, standing.state, states[rows])
        return states

    def _memory_of(self, unit, known, now_ms):
        """The memory of a unit's rules; what was raised by one that holds no longer is over."""
        memory = self._memory[unit.terminal_id]["of"].setdefault(unit.equipment_id, {})
        if gone := memory.get("marks", {}).keys() - known.plan.keys.keys():
            edges.let_go(unit, gone, now_ms)
            marks = {key: mark for key, mark in memory["marks"].items() if key not in gone}
            memory = self._memory[unit.terminal_id]["of"][unit.equipment_id] = memory | {"marks": marks}
        return memory

    def _judge_late(self, terminal_id, bindings, some, now_ms):
        """Readings behind those that were judged: what they raise is over, or a part of what is known."""
        told = False
        for held in bindings:
            inside = (some.ts_ms >= held.from_ms) & (some.ts_ms < (held.to_ms or np.inf))
            known = self._book.of(terminal_id, held)
            if inside.any() and known.plan is not None:
                part = columns.picked(some, inside)
                trace = trace_of(part, known.plan.columns, self.zone)
                found, _memory = rules.judge(known.plan.lines, {}, trace)
                unit = Unit(terminal_id, held.equipment_id, 0, len(part.seq))
                told |= edges.keep_late(known.entries, found, unit, part, now_ms)
        return told


def _clamps(bindings):
    """{number of an equipment: [terminals that measure its current now]}."""
    found = {}
    for terminal_id, held in bindings.items():
        for one in held:
            if one.to_ms is None and "current_a" in one.channels:
                found.setdefault(one.equipment_id, []).append(terminal_id)
    return found


def _shared(bindings):
    """{number of an equipment} of those that several terminals measure now."""
    once, twice = set(), set()
    for some in bindings.values():
        here = {one.equipment_id for one in some if one.to_ms is None}
        twice |= once & here
        once |= here
    return twice


def trace_of(found, names, zone):
    """The Trace of Columns, with the channels among `names`."""
    channels = {channel for part in nearby.channels_of(names) for channel in part}
    values = {name: columns.values_of(found, BY_NAME[name].id) for name in channels}
    bad = {
        name: columns.states_of(found, BY_NAME[name].id) == readings.INVALID
        for name in channels
        if BY_NAME[name].id in found.states
    }
    return Trace(found.ts_ms, values, bad, None, {}, zone)


def _written(memory):
    of = {str(number): rules.written(one) for number, one in memory["of"].items()}
    waiting = {"waiting": order.listed(memory["waiting"])} if "waiting" in memory else {}
    return {"seq": memory["seq"], "of": of, **waiting}


def _read(memory):
    of = {int(number): rules.read(one) for number, one in memory["of"].items()}
    waiting = {"waiting": order.of_lists(memory["waiting"])} if "waiting" in memory else {}
    return {"seq": memory["seq"], "of": of, **waiting}


JUDGE = Judging()
