"""States hour by hour, by given levels: an hour is told from its own readings and those of the hours beside it. No I/O.

So what an hour was is a function of three hours of readings and of the levels, in whatever order they came; a late
reading changes its own hour and the two beside it, and no other.
"""

from collections import namedtuple

import numpy as np

from collector.running.analysis import READY_AFTER_MS, READY_BEFORE_MS, runs_of
from collector.running.readings import Columns
from firmware.processing import exams
from firmware.processing.state import HOUR_MS, STATES, UNKNOWN, Rule, Spell, altered, spells_of

DAY = 24
QUARTER_MS = HOUR_MS // 4
BEFORE_H, AFTER_H = 12, 12  # of spells around a day, from which its examinations are told

Span = namedtuple("Span", ("from_ms", "gain", "rule"))


class Teller:
    """Tells by Levels records: rising in from_ms, the first also holds for what was before it."""

    def __init__(self, records):
        self._spans = []
        for record in records:
            same = altered(record, from_ms=0, gain=1.0)
            rule = next((span.rule for span in self._spans if span.rule.levels == same), None) or Rule(same)
            self._spans.append(Span(record.from_ms, record.gain, rule))
        self.window_ms = int(records[0].window_ms)

    def runs(self, columns):
        """{hour number: [(rule, its runs)]} of Columns."""
        found = {}
        since = np.array([span.from_ms for span in self._spans])
        at = np.maximum(np.searchsorted(since, columns.ts_ms, side="right") - 1, 0)
        gains = np.array([span.gain for span in self._spans])[at]
        for rule in {id(span.rule): span.rule for span in self._spans}.values():
            mine = np.array([span.rule is rule for span in self._spans])[at]
            if mine.any():
                parts = (part[mine] / gains[mine] for part in (columns.mean, columns.least, columns.most))
                for run in runs_of(rule, Columns(columns.ts_ms[mine], *parts, columns.window_ms, [])):
                    by_rule = found.setdefault(run.start_ms // HOUR_MS, {})
                    by_rule.setdefault(id(rule), (rule, []))[1].append(run)
        return {hour: list(by_rule.values()) for hour, by_rule in found.items()}


def told(runs, hour_no):
    """[Spell] of an hour, from the runs of it and of the hours beside it."""
    near = {}
    for hour in (hour_no - 1, hour_no, hour_no + 1):
        for rule, some in runs.get(hour, ()):
            near.setdefault(id(rule), (rule, []))[1].extend(some)
    out = []
    for rule, some in near.values():
        out += spells_of(rule, some)
    return clipped(sorted(out), hour_no * HOUR_MS, hour_no * HOUR_MS + HOUR_MS)


def clipped(spells, from_ms, to_ms):
    """What of Spells lies within a span."""
    cut = ((max(one.start_ms, from_ms), min(one.end_ms, to_ms), one) for one in spells)
    return [_part(start, end, one) for start, end, one in cut if start < end]


def _part(start, end, one):
    if start == one.start_ms and end == one.end_ms:
        return one
    flow = one.charge_as * (end - start) / (one.end_ms - one.start_ms)
    return Spell(start, end, one.state, one.sure, one.base, one.peak, flow)


def day_of(habits, either, spells, day_no):
    """([Spell], [Exam]) of a day of UTC, from the spells of BEFORE_H before it to AFTER_H after it.

    Of a unit whose standby and ready are alike (`either`), ready is what lies around an examination.
    """
    first_ms, end_ms = day_no * DAY * HOUR_MS, (day_no * DAY + DAY) * HOUR_MS
    spells = exams.joined(clipped(spells, first_ms - BEFORE_H * HOUR_MS, end_ms + AFTER_H * HOUR_MS))
    found = exams.exams_of(habits, spells)
    if either:
        spells = around(found, spells)
    return clipped(spells, first_ms, end_ms), [one for one in found if first_ms <= one.start_ms < end_ms]


def around(found, spells):
    """Spells of a unit whose standby and ready are alike: ready is what lies around these examinations."""
    return exams.settled(spells, found, READY_BEFORE_MS, READY_AFTER_MS)


def quarters_of(spells, hours):
    """{start of a quarter hour in ms: [seconds in each of STATES]} of these hours."""
    out = {hour * HOUR_MS + n * QUARTER_MS: [0] * len(STATES) for hour in hours for n in range(4)}
    for one in spells:
        if one.state == UNKNOWN:
            continue
        for start in range(one.start_ms // QUARTER_MS * QUARTER_MS, one.end_ms, QUARTER_MS):
            if start in out:
                inside = min(one.end_ms, start + QUARTER_MS) - max(one.start_ms, start)
                out[start][STATES.index(one.state)] += inside
    return {start: [round(ms / 1000) for ms in each] for start, each in out.items()}


def days_near(hours):
    """The days of UTC whose figures these hours can change."""
    reach = range(-BEFORE_H - 1, AFTER_H + 2)
    return sorted({(hour + after) // DAY for hour in hours for after in reach})
