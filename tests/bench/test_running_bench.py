"""The kit itself: the truth scores 1, known mistakes score what the definitions say, every nuisance changes a trace."""

import numpy as np
import pytest

from tests.bench.running import cells, mean
from tests.bench.running.nuisances import NUISANCES
from tests.bench.running.scoring import score
from tests.bench.running.trace import STATES, WORKING, make


def as_said(trace, states):
    """Window states as an analysis would say them."""
    return [
        (int(ts_ms), int(ts_ms) + trace.window_s * 1000, STATES[code], 1.0)
        for ts_ms, code in zip(trace.ts_ms, states, strict=True)
    ]


@pytest.mark.parametrize("kind", ["CT", "MRI", "DSA"])
def test_the_truth_scores_one(kind):
    trace = make(kind, 1, 2)
    how = score(trace, as_said(trace, trace.state), [(*exam, 1.0) for exam in trace.exams])
    assert how.f1 == how.exam_f1 == 1.0 and how.count_error == how.edge_windows == how.wrong_sure == 0.0


def test_an_edge_one_window_late_is_no_error_and_a_missed_burst_is_one():
    trace = make("MRI", 1, 2)
    late = np.roll(trace.state, 1)
    assert score(trace, as_said(trace, late), []).error < 0.002
    none = np.where(trace.state == WORKING, 2, trace.state)
    assert score(trace, as_said(trace, none), []).by_state["working"] == 0.0


def test_an_examination_said_in_two_halves_matches_once_and_counts_twice():
    trace = make("MRI", 1, 2)
    halves = []
    for start, end in trace.exams:
        middle = start + (end - start) * 6 // 10
        halves += [(start, middle, 1.0), (middle + 1000, end, 1.0)]
    how = score(trace, as_said(trace, trace.state), halves)
    assert how.count_error == 1.0 and abs(how.exam_f1 - 2 / 3) < 0.01


@pytest.mark.parametrize("name", [*NUISANCES, "gaps"])
def test_every_nuisance_spoils_a_trace_and_the_same_seed_gives_the_same(name):
    clean, spoilt = make("CT", 1, 3), make("CT", 1, 3, spoil=(name,))
    assert clean.ts_ms.size != spoilt.ts_ms.size or not np.array_equal(clean.current_max_a, spoilt.current_max_a)
    assert np.array_equal(spoilt.current_a, make("CT", 1, 3, spoil=(name,)).current_a)


def test_units_never_looked_at_are_told_well_without_and_with_nuisances():
    for cell in cells(("none", "all"), (500,), ("CT", "DSA", "LINAC")):
        bar = 0.98 if cell.nuisance == "none" else 0.88
        assert mean(cell.ours, "f1") >= bar and mean(cell.told, "f1") > 0.8, cell
