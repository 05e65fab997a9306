"""With the levels fixed, any order and any batches of the same readings give the same states and examinations."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.running.analysis import runs_of as runs_of_arrays
from collector.running.readings import ordered
from firmware.processing.exams import Habits, exams_of
from firmware.processing.following import Following
from firmware.processing.state import Rule, runs_of, spells_of
from tests.firmware.processing.test_state import CT, MRI

HABITS = Habits(100000, 40000, 2700000, None, None, 0.97, 0.0)
AMPS = st.sampled_from([0.0, 0.02, 1.5, 4.9, 5.0, 6.1, 13.0, 17.0, 21.0, 30.0, 34.0, 45.0, 90.0])
PARTS = st.lists(st.tuples(AMPS, st.integers(1, 90), st.booleans(), st.integers(0, 40)), min_size=1, max_size=14)


def readings_of(parts):
    """Readings of plateaus with bursts on them, and with gaps between."""
    out, ts_ms = [], 1_767_225_000_000
    for amps, count, bursts, gap in parts:
        for at in range(count):
            burst = bursts and at % 3 == 1
            out.append((ts_ms, amps * (1.4 if burst else 1), amps * 0.99, amps * (6 if burst else 1.01)))
            ts_ms += 10_000
        ts_ms += gap * 10_000
    return out


def told(levels, batches):
    """(spells, examinations) of batches of readings; spells are asked for after each batch."""
    here = Following([levels])
    spells = []
    for batch in batches:
        for reading in batch:
            here.add(*reading)
        spells = here.spells()
    return spells, exams_of(HABITS, spells)


@settings(max_examples=60, deadline=None)
@given(PARTS, st.sampled_from([CT, MRI]), st.randoms(use_true_random=False), st.integers(1, 60))
def test_any_order_and_any_batches_give_the_same(parts, levels, luck, size):
    readings = readings_of(parts)
    whole = told(levels, [readings])
    mixed = readings[:]
    luck.shuffle(mixed)
    assert told(levels, [mixed[at : at + size] for at in range(0, len(mixed), size)]) == whole
    assert spells_of(Rule(levels), runs_of(Rule(levels), readings)) == whole[0]


@settings(max_examples=60, deadline=None)
@given(PARTS, st.sampled_from([CT, MRI]))
def test_arrays_give_what_readings_one_by_one_give(parts, levels):
    readings = readings_of(parts)
    columns = ordered(*(np.array(column) for column in zip(*readings, strict=True)))._replace(window_ms=10_000)
    ours = spells_of(Rule(levels), runs_of_arrays(Rule(levels), columns))
    one_by_one = spells_of(Rule(levels), runs_of(Rule(levels), readings))
    assert [tuple(spell)[:3] for spell in ours] == [tuple(spell)[:3] for spell in one_by_one]


def test_a_thousand_more_readings_cost_a_thousand_times_one():
    here = Following([CT])
    for reading in readings_of([(5.0, 90, True, 0)] * 40):
        here.add(*reading)
    assert len(here.touched()) == 11
    here.spells()
    here.add(1_767_225_000_000 + 5000, 5.0)
    assert len(here.touched()) == 1
