"""Spells of a unit -> its habits: which pause parts two examinations, what its mornings look like."""

import math
from collections import namedtuple

import numpy as np

from collector.running.learning import WEAK
from firmware.processing.exams import Habits, features_of, groups_of
from firmware.processing.state import READY, STANDBY, WORKING

Pause = namedtuple("Pause", "least_s usual_s most_s visit_s")
# the limit between a pause inside an examination and one between two lies within least_s to most_s, usually at usual_s;
# visit_s: a return to standby for so long parts two as well; 0: standby says nothing

PAUSES = {
    "CT": Pause(60, 100, 400, 0),
    "MRI": Pause(90, 200, 600, 60),
    "DSA": Pause(400, 900, 2400, 270),
    "PET/CT": Pause(90, 240, 900, 60),
    "LINAC": Pause(60, 120, 400, 40),
    "DR": Pause(60, 100, 300, 0),
}
WARM_MS = 45 * 60_000
UNLIKE = 0.9  # doublings, of one feature at least: a few mornings differ by less than that by chance
LONG_S = 15  # a window, against pauses
WANDERS = 0.1  # of ready: half of it is what the mains may still move it by where gains have followed (5 %)
ALIKE = 0.2  # of what a compressor draws
SHORT_S = 20  # back at standby, where a compressor hides weak acquisitions


def habits_of(spells, levels):
    """The Habits of a unit with these Levels, learned from all of its Spells."""
    usual, hidden = _seen(PAUSES[levels.kind], levels.window_ms / 1000), levels.cycle_a > 0 and levels.kind in WEAK
    visit_s = min(usual.visit_s, SHORT_S) if hidden else usual.visit_s
    visit_ms = 0 if levels.either or not _apart(spells) else visit_s * 1000
    visit_a = _between(levels) if visit_ms else 0.0
    pauses, returns = _pauses(spells, visit_ms, visit_a)
    gap_s, clear = _limit(pauses, usual)
    if (
        hidden and sum(pause > gap_s for pause in pauses) < returns
    ):  # it goes back to standby as a rule: without that, a
        gap_s = max(
            gap_s, usual.most_s
        )  # pause is one of the examination, with a weak acquisition in it under the compressor
    first = Habits(gap_s * 1000, visit_ms, WARM_MS, None, None, levels.sure, visit_a)
    warm, others = _mornings(groups_of(first, spells))
    return first._replace(warm=warm, usual=others, sure=levels.sure * (1.0 if clear else 0.85))


def _seen(usual, window_s):
    """A Pause as windows show it: what lies between two of them is a window shorter than it was."""
    least, most_usual = (max(window_s / 2, value - window_s) for value in (usual.least_s, usual.usual_s))
    return usual._replace(least_s=least, usual_s=most_usual) if window_s > LONG_S else usual


def _apart(spells):
    """Whether this unit was seen in ready and in standby."""
    return {READY, STANDBY} <= {spell.state for spell in spells}


def _between(levels):
    """The current half-way from the highest standby to ready, or 0.0 where a compressor or the mains fill that half.

    A standby that is a lower one with the compressor on is none of its own.
    """
    lower = [amps for state, amps in levels.plateaus if state == STANDBY]
    near = ALIKE * levels.cycle_a
    standby = max(amps for amps in lower if not any(abs(amps - one - levels.cycle_a) < near for one in lower))
    ready = max(amps for state, amps in levels.plateaus if state == READY)
    apart = ready - standby - levels.cycle_a
    return ready - apart / 2 if apart > max(0.5 * levels.cycle_a, WANDERS * ready) else 0.0


def _pauses(spells, visit_ms, visit_a):
    """(seconds between acquisitions while the unit is on and not back at standby, how often it went back)."""
    out, last, broken, returns = [], None, False, 0
    for spell in spells:
        if spell.state == WORKING:
            if last is not None and not broken:
                out.append((spell.start_ms - last) / 1000)
            last, broken = spell.end_ms, False
        elif spell.state in (READY, STANDBY):
            long = spell.state == STANDBY and spell.end_ms - spell.start_ms >= visit_ms
            back = bool(visit_ms) and (long or spell.base < visit_a)
            returns += back and not broken
            broken = broken or back
        else:
            broken = True
    return out, returns


def _limit(pauses, usual):
    """(seconds, clear): the deepest valley between short and long pauses; the usual limit where there is none."""
    if len(pauses) < 20:
        return usual.usual_s, False
    logs = np.log(np.maximum(1.0, np.array(pauses)))
    grid = np.linspace(0, math.log(7200), 180)
    bell = np.exp(-0.5 * ((logs[None, :] - grid[:, None]) / 0.15) ** 2).sum(1)
    left, right = np.maximum.accumulate(bell), np.maximum.accumulate(bell[::-1])[::-1]
    deep = np.minimum(left, right) - bell
    inside = (grid >= math.log(usual.least_s)) & (grid <= math.log(usual.most_s))
    beyond = len(pauses) - np.searchsorted(np.sort(logs), grid)
    deep[~inside | (beyond < max(5, 0.015 * len(pauses)))] = 0
    at = int(deep.argmax())
    if deep[at] < 0.04 * bell.max():
        few = (logs > math.log(usual.usual_s)).mean() < 0.02
        return usual.usual_s, bool(few)
    lowest = np.flatnonzero(deep >= 0.9 * deep[at])
    return float(math.exp(grid[int(np.median(lowest))])), bool(bell[at] < 0.3 * min(left[at], right[at]))


def _mornings(groups):
    """(warm, usual) as Habits has them: what comes first after switching on, if it is unlike the rest on most days."""
    first = [features_of(one) for one in groups if one.since_on_ms is not None and one.since_on_ms <= WARM_MS]
    rest = [features_of(one) for one in groups if one.since_on_ms is None]
    if len(first) < 3 or len(rest) < 10:
        return None, None
    early, later = np.log2(np.array(first)), np.log2(np.array(rest))
    warm, usual = _spread(early), _spread(later)
    unlike = sum(
        (warm[at][0] - usual[at][0]) ** 2 / (warm[at][1] ** 2 / len(first) + usual[at][1] ** 2 / len(rest))
        for at in range(early.shape[1])
    )
    apart = max(abs(warm[at][0] - usual[at][0]) for at in range(early.shape[1]))
    if unlike < 12 or apart < UNLIKE:
        return None, None
    return (tuple((float(2**at), wide) for at, wide in part) for part in (warm, usual))


def _spread(logs):
    """[(centre, width)] of each feature in doublings, hardly moved by single ones."""
    middle = np.median(logs, axis=0)
    wide = np.maximum(0.25, 1.48 * np.median(np.abs(logs - middle), axis=0))
    return [(float(at), float(width)) for at, width in zip(middle, wide, strict=True)]
