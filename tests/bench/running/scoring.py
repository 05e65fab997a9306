"""How right an analysis is, by the definitions of docs/running-state.md: states, examinations, edges, confidence."""

from collections import namedtuple

import numpy as np

from tests.bench.running.trace import READY, STANDBY, STATES, UNSCORED, WORKING

SEEN_LEAST = 0.003  # a state seen less is no part of the mean; working always is
EITHER = ("CT", "DR")  # current cannot tell standby from ready
SURE = 0.9

Score = namedtuple("Score", "f1 by_state error said_exams true_exams count_error exam_f1 edge_windows sure wrong_sure")
# error: share of the time that is wrong; sure: said with confidence >= 0.9; wrong_sure: sure and wrong, of all time


def score(trace, states, exams):
    """A Score of `states` [(start_ms, end_ms, state, confidence)] and `exams` [(start_ms, end_ms, confidence)]."""
    said, confidence = _laid(trace, states)
    truth = trace.state.copy()
    if trace.kind in EITHER:
        said[said == STANDBY], truth[truth == STANDBY] = READY, READY
    counted = truth != UNSCORED
    right = (said == truth) | _one_off(said, truth)
    agreed = np.where(right, truth, said)
    by_state = {}
    for code, name in enumerate(STATES):
        true = (truth == code) & counted
        if true.sum() >= SEEN_LEAST * counted.sum() or (code == WORKING and true.any()):
            both, claimed = (true & (agreed == code)).sum(), (counted & (agreed == code)).sum()
            by_state[name] = 2 * both / (true.sum() + claimed)
    sure = counted & (confidence >= SURE)
    hits = _matched(trace, exams)
    return Score(
        float(np.mean(list(by_state.values()))), by_state, float((counted & ~right).sum() / counted.sum()),
        len(exams), len(trace.exams), abs(len(exams) - len(trace.exams)) / max(1, len(trace.exams)),
        2 * hits / max(1, len(exams) + len(trace.exams)), _edges(said, truth, counted),
        float(sure.sum() / counted.sum()), float((sure & ~right).sum() / counted.sum()),
    )  # fmt: skip


def _laid(trace, states):
    """(state, confidence) of every window of the trace, by its middle; 9 where nothing was said."""
    said, confidence = np.full(trace.state.size, 9, np.uint8), np.zeros(trace.state.size)
    middle = trace.ts_ms + trace.window_s * 500
    for start, end, state, sure in states:
        first, last = np.searchsorted(middle, (start, end))
        said[first:last] = STATES.index(state) if state in STATES else 9
        confidence[first:last] = sure
    return said, confidence


def _one_off(said, truth):
    """Where an edge was said one window late or early; what has no edge at all is no such thing."""
    late, early = np.zeros(said.size, bool), np.zeros(said.size, bool)
    late[1:-1] = (said[1:-1] == truth[:-2]) & (said[2:] == truth[1:-1])
    early[1:-1] = (said[1:-1] == truth[2:]) & (said[:-2] == truth[1:-1])
    return late | early


def _matched(trace, exams):
    """How many true examinations have one of those said, overlap over union at least a half with a window of slack."""
    slack, hits, at = trace.window_s * 1000, 0, 0
    said = sorted(exams)
    for first, last in trace.exams:
        while at < len(said) and said[at][1] + slack < first:
            at += 1
        for start, end, _sure in said[at : at + 2]:
            common = min(last, end) - max(first, start) + slack
            whole = max(last, end) - min(first, start) - slack
            if common >= 0.5 * max(whole, slack):
                hits += 1
                at += 1
                break
    return hits


def _edges(said, truth, counted):
    """The median distance in windows from a true change between off, on and working to the nearest one said."""
    true = np.flatnonzero((truth[1:] != truth[:-1]) & counted[1:] & counted[:-1])
    mine = np.flatnonzero(said[1:] != said[:-1])
    if not true.size or not mine.size:
        return 0.0 if not true.size else float("inf")
    place = np.clip(np.searchsorted(mine, true), 1, max(1, mine.size - 1))
    nearest = np.minimum(np.abs(mine[np.minimum(place, mine.size - 1)] - true), np.abs(mine[place - 1] - true))
    return float(np.median(nearest))
