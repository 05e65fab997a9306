"""A trace with its truth: a unit's days in power, second by second, then what a clamp says of each window.

Three ways to live, so that nothing is fitted to one: `plain` (square bursts, off at night), `rough` (spin-up, decay,
ripple, sequences of all heights, long-tailed pauses) and `busy` (day and night, low power instead of off, no way
back to idle between examinations that follow each other).
"""

from collections import namedtuple

import numpy as np

from tests.bench.running import nuisances
from tests.bench.running.kinds import A_PER_KW, KINDS, exam, levels, span

OFF, STANDBY, READY, WORKING, UNSCORED = range(5)
STATES = ("off", "standby", "ready", "working")
WAYS = ("plain", "rough", "busy")
DAY_S, EPOCH_S = 86400, 1_767_225_600  # Thursday 2026-01-01 UTC

Trace = namedtuple(
    "Trace", "kind window_s ts_ms current_a current_min_a current_max_a charge_as state exams levels_a cycle_a"
)
# state: of each window; exams: [(start_ms, end_ms)]; levels_a: off, standby, ready as the clamp would see them at its
# best


class Course:
    """Power, its peak within the second, and state of every second; written to, then looked at by a clamp."""

    def __init__(self, days, rng):
        size = days * DAY_S
        self.kw, self.peak_kw = np.zeros(size, np.float32), None
        self.state = np.full(size, OFF, np.uint8)
        self.rng, self.exams, self.pulses = rng, [], []

    def plateau(self, start, end, kw, state):
        """A level from one second to another."""
        self.kw[int(start) : int(end)] = kw
        self.state[int(start) : int(end)] = state

    def act(self, start, length, kw, shape):
        """An acquisition on top of what is there; `shape` is plain, or has spin-up, ripple and decay."""
        if length < 1:
            self.pulses.append((int(start), length, kw))
            self.state[int(start)] = WORKING
            return
        first, last = int(start), max(int(start) + 1, int(start + length))
        rise = np.ones(last - first, np.float32)
        if shape != "plain":
            rise *= 1 + 0.05 * self.rng.standard_normal(rise.size)
            tail = self.kw[last : last + 4]
            tail += kw * np.exp(-np.arange(0.7, 4.7) / 0.8)[: tail.size]
            if length < 30:
                self.kw[max(0, first - 3) : first] += min(1.5, 0.1 * kw)
        self.kw[first:last] += kw * rise[: self.kw[first:last].size]
        self.state[first:last] = WORKING


def _starts(count, first, last, slot, rng):
    """When examinations begin: as many as fit, never nearer than a slot, the gaps between them uneven."""
    count = int(min(count, (last - first) // slot))
    loose = np.sort(rng.uniform(0, max(1.0, last - first - count * slot), count))
    return first + loose + slot * np.arange(count)


def _one_exam(course, kind, begin, unit, way):
    """Play one examination from its plateau on; when it is over in s."""
    _off, _standby, ready, _low = unit
    rng, rough = course.rng, way != "plain"
    lead = span(rng, (60, 200)) if KINDS[kind].slot > 400 else span(rng, (15, 60))
    acts, at = [], begin + lead
    for gap, length, kw in exam(kind, rng, rough):
        at += gap
        acts.append((at, length, kw))
        at += length
    after = span(rng, (30, 120)) if KINDS[kind].slot > 400 else span(rng, (5, 30))
    course.plateau(begin, at + after, ready, READY)
    for start, length, kw in acts:
        course.act(start, length, kw, way)
    first, last = int(acts[0][0]), int(max(acts[-1][0] + 1, acts[-1][0] + acts[-1][1]))
    course.exams.append((first, last))
    return at + after


def _warm_up(course, kind, begin, unit, way):
    """The morning's bursts, which are no examination; when they are over in s."""
    (least, most), length, gap, kw = KINDS[kind].warmup
    at = begin
    for _ in range(int(course.rng.integers(least, most + 1))):
        at += span(course.rng, gap)
        long = span(course.rng, length)
        course.act(at, long, span(course.rng, kw), way)
        at += long
    return at


def _day(course, kind, day, unit, way):
    off, standby, _ready, low = unit
    of, rng, start = KINDS[kind], course.rng, day * DAY_S
    weekday = (day + 3) % 7  # the first day is a Thursday
    rest = weekday >= 5 and kind in ("PET/CT", "LINAC", "DSA", "DR")
    if way == "busy":
        course.plateau(start, start + DAY_S, standby, STANDBY)
        if kind in ("CT", "MRI", "MRI 3 T"):  # power-save counts as standby for a CT, as off for an MRI
            course.plateau(start, start + 5 * 3600, low, STANDBY if kind == "CT" else OFF)
    if rest and way != "plain":
        if way == "rough":
            course.plateau(start, start + DAY_S, off, OFF)
        return
    on = start + of.hours[0] * 3600 + rng.uniform(-900, 900)
    until = start + of.hours[1] * 3600 + rng.uniform(-1800, 1800)
    if way != "busy" or kind in ("LINAC", "DSA"):
        course.plateau(start, start + DAY_S, off, OFF)
        course.plateau(on, until, standby, STANDBY)
    ready_at = _warm_up(course, kind, on + span(rng, (600, 1200)), unit, way) + span(rng, (300, 1500))
    share = 0.35 if weekday >= 5 else 1.0
    count = int(rng.integers(of.exams[0], of.exams[1] + 1) * share)
    if way == "busy":
        count = int(count * 1.3)
    free = 0
    for begin in _starts(count, ready_at, until - 1.3 * of.slot, of.slot, rng):
        begin = max(begin, free + (span(rng, (20, 60)) if way == "busy" else span(rng, (60, 200))))
        if begin > until - of.slot:
            break
        free = _one_exam(course, kind, begin, unit, way)


def make(kind, seed, days=7, window_s=10, way="plain", spoil=()):
    """A Trace of a unit of `kind`; the same arguments give the same trace. `spoil`: names of nuisances, or all."""
    rng = np.random.default_rng([seed, sum(map(ord, kind)), WAYS.index(way)])
    unit, course = levels(kind, rng), Course(days, rng)
    for day in range(days):
        _day(course, kind, day, unit, way)
    current = course.kw * A_PER_KW
    current += (0.004 * rng.standard_normal(current.size) * current).astype(np.float32)
    current += (0.01 * rng.standard_normal(current.size)).astype(np.float32)
    peak = current.copy()
    for second, length, kw in course.pulses:
        current[second] += kw * length * A_PER_KW
        peak[second] += kw * A_PER_KW
    truth, told = course.state, {}
    for name in nuisances.chosen(spoil, kind):
        current, peak, truth = nuisances.NUISANCES[name](current, peak, truth, rng, unit, told)
    return _windows(kind, window_s, np.abs(current), np.abs(peak), truth, course.exams, unit, rng, spoil, told)


def _windows(kind, window_s, current, peak, truth, exams, unit, rng, spoil, told):
    count = current.size // window_s
    seen, tops, state = (part[: count * window_s].reshape(count, window_s) for part in (current, peak, truth))
    mean = seen.mean(1, dtype=np.float64)
    said = np.zeros(count, np.uint8)
    most = np.zeros(count, np.int32)
    for code in (OFF, STANDBY, READY):
        here = (state == code).sum(1)
        said[here > most] = code
        most = np.maximum(most, here)
    said[(state == WORKING).any(1)] = WORKING
    said[(state == UNSCORED).any(1)] = UNSCORED
    ts_ms = (EPOCH_S + np.arange(count, dtype=np.int64) * window_s) * 1000
    kept = nuisances.kept(count, window_s, rng, spoil)
    exams_ms = [((EPOCH_S + first) * 1000, (EPOCH_S + last) * 1000) for first, last in exams]
    columns = (ts_ms, mean, seen.min(1), tops.max(1), mean * window_s, said)
    return Trace(
        kind,
        window_s,
        *(column[kept] for column in columns),
        exams_ms,
        tuple(kw * A_PER_KW for kw in unit[:3]),
        told.get("cycle_a", 0.0),
    )
