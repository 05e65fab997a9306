"""A whole trace -> levels, spells and examinations of its unit."""

from collections import namedtuple

import numpy as np

from collector.running import learning, readings
from collector.running import levels as curve
from collector.running.doubts import doubted
from collector.running.gains import gains_of
from collector.running.guess import guessed
from collector.running.habits import habits_of
from firmware.processing import exams, state

Analysis = namedtuple("Analysis", "kind given window_s levels habits spells exams notes")
# kind: the class said, or guessed when not `given`; levels: records as decision 7 has them; habits: None without levels

READY_BEFORE_MS, READY_AFTER_MS = (
    60_000,
    30_000,
)  # around an examination, where the current cannot tell ready from standby


def analyse(columns, kind=None):
    """An Analysis of Columns as a unit of `kind`, or of the class it looks like; unsure where little can be learned."""
    given, sure, notes = kind is not None, columns.sure, list(columns.notes)
    window_s = columns.window_ms / 1000
    if columns.ts_ms.size <= learning.WINDOWS_LEAST:
        notes.append("there is too little to learn levels from")
        return Analysis(kind or "CT", given, window_s, [], None, _unknown(columns), [], notes)
    even, gains = _even(columns)
    if kind is None:
        kind, likely = guessed(even)
        sure *= 0.6 + 0.4 * likely
        notes.append(f"no class was given; it looks like {kind} ({likely:.0%} sure)")
    found = learning.learned(even, kind, int(columns.ts_ms[0]))
    if found is None:
        notes.append("the current never changes enough to learn levels from")
        return Analysis(kind, given, window_s, [], None, _unknown(columns), [], notes)
    found = found._replace(sure=found.sure * sure)
    rule = state.Rule(found)
    spells = state.spells_of(rule, runs_of(rule, even))
    habits = habits_of(spells, found)
    said = exams.exams_of(habits, spells)
    if found.either:
        spells = exams.settled(spells, said, READY_BEFORE_MS, READY_AFTER_MS)
    spells = doubted(spells, gains, columns.window_ms)
    records = [found._replace(from_ms=from_ms, gain=gain) for from_ms, gain in gains]
    return Analysis(kind, given, window_s, records, habits, spells, said, notes)


def _even(columns):
    """(Columns divided by their gains, the gains)."""
    base = curve.base_of(columns, curve.bias_of(columns))
    gains = gains_of(columns, base) if float(np.quantile(base, 0.9)) > 0 else [(int(columns.ts_ms[0]), 1.0)]
    since, each = np.array([from_ms for from_ms, _gain in gains]), np.array([gain for _from_ms, gain in gains])
    by = each[np.searchsorted(since, columns.ts_ms, side="right") - 1]
    parts = (None if part is None else part / by for part in (columns.mean, columns.least, columns.most))
    return readings.Columns(columns.ts_ms, *parts, columns.window_ms, columns.notes), gains


def _unknown(columns):
    """One Spell of which nothing is known."""
    if not columns.ts_ms.size:
        return []
    last = int(columns.ts_ms[-1]) + columns.window_ms
    return [state.Spell(int(columns.ts_ms[0]), last, state.UNKNOWN, 0.0, 0.0, 0.0, 0.0)]


def runs_of(rule, columns):
    """What firmware/processing/state.py makes of readings one by one, made of arrays at once."""
    levels, mean = rule.levels, columns.mean
    base = mean if columns.least is None else np.minimum(mean, columns.least + levels.bias_a)
    peak = mean if columns.most is None else columns.most
    place = np.searchsorted(rule.limits, base, side="right") if rule.limits else np.zeros(base.size, int)
    place = np.where(base < levels.floor_a, -1, place)
    height = np.zeros(base.size, int)
    if rule.burst is not None:
        cycle = levels.cycle_a
        height = ((peak > rule.burst) | (mean > rule.mean)).astype(int)
        height = np.where((peak > rule.burst + cycle) | (mean > rule.mean + cycle), 2, height)
    code = (place + 1) * 3 + height
    new = (code[1:] != code[:-1]) | (np.diff(columns.ts_ms) - levels.window_ms > state.BREAK_MS)
    new |= np.diff(columns.ts_ms // state.HOUR_MS) > 0
    if levels.width_s < state.SINGLE_S:
        new |= height[1:] > 0
    starts = np.concatenate(([0], np.flatnonzero(new) + 1))
    ends = np.concatenate((starts[1:], [base.size])) - 1
    parts = (
        columns.ts_ms[starts], columns.ts_ms[ends] + levels.window_ms, ends - starts + 1, np.add.reduceat(base, starts),
        np.add.reduceat(mean, starts), np.maximum.reduceat(peak, starts), place[starts], height[starts],
    )  # fmt: skip
    return [
        state.Run(start, end, count, low, flow, top, (where, high))
        for start, end, count, low, flow, top, where, high in zip(*(part.tolist() for part in parts), strict=True)
    ]
