"""However readings arrive, they are judged in the order of their numbers; what comes too late is told apart."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.events import order, rules
from collector.events.conditions import Trace
from collector.events.rules import Rule
from collector.readings import Columns

BOOT, START_MS, WINDOW_MS, PATIENCE_MS = order.BOOT, 1_767_225_600_000, 10_000, 60_000


def columns(numbers, boot=1, behind=0):
    """Readings of these numbers of a boot, from 1, ten seconds apart."""
    numbers = np.array(numbers, np.int64)
    seq, ts_ms = boot * BOOT + numbers, START_MS + boot * 10**9 + WINDOW_MS * numbers
    rest = [np.full(len(numbers), what, np.int64) for what in (behind, 1, 0)]
    return Columns(seq, ts_ms, *rest, {1: numbers}, {})


def numbers(found, places):
    return (found.seq[places] % BOOT).tolist()


def dealt(after, found):
    return [numbers(found, places) for places in order.deal(after, found, PATIENCE_MS)]


def test_what_follows_is_judged_at_once_and_what_came_before_is_late():
    assert dealt(0, columns([7, 8, 9])) == [[7, 8, 9], [], []]
    assert dealt(BOOT + 8, columns([9, 7, 10, 8])) == [[9, 10], [7, 8], []]


def test_behind_a_hole_readings_wait_until_later_ones_are_far_ahead():
    assert dealt(BOOT + 6, columns([7, 9, 10])) == [[7], [], [9, 10]]
    assert dealt(BOOT + 6, columns([7, 9, *range(10, 16)]))[0] == [7, *range(9, 16)]
    assert dealt(BOOT + 6, columns([9])) == [[], [], [9]]


def test_a_new_boot_and_an_aggregated_reading_are_no_holes():
    assert dealt(BOOT + 900, columns([1, 2], boot=2)) == [[1, 2], [], []]
    assert dealt(BOOT + 900, columns([2, 3], boot=2)) == [[], [], [2, 3]]
    assert dealt(BOOT + 6, columns([9], behind=2)) == [[9], [], []]


def test_waiting_readings_are_written_down_and_read_again():
    found = columns([3, 5])._replace(states={1: np.array([0, 1], np.uint8)})
    again = order.of_lists(order.listed(found))
    for mine, theirs in zip(found[:5], again[:5], strict=True):
        assert mine.tolist() == theirs.tolist()
    assert again.steps[1].tolist() == [3, 5] and again.states[1].tolist() == [0, 1]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_rule_says_the_same_in_whatever_order_readings_come_within_the_patience(data):
    values = np.array(data.draw(st.lists(st.sampled_from([24.0, 27.0, 29.0, 33.0]), min_size=8, max_size=40)))
    count = len(values)
    delays = data.draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    arrivals = [0, *sorted(range(1, count), key=lambda at: (at + delays[at], at))]  # five windows late at most
    lines = rules.lines(Rule(1, {"kind": "above", "channel": "temperature_c", "limit": 28.0, "hysteresis": 2}, 20, 10))
    whole = columns(range(1, count + 1))
    expected, _ = rules.judge(lines, {}, Trace(whole.ts_ms, {"temperature_c": values}, {}))
    memory, after, waiting, told = {}, 0, [], []
    while arrivals:
        size = data.draw(st.integers(1, 4))
        here, arrivals = [*waiting, *(at + 1 for at in arrivals[:size])], arrivals[size:]
        found = columns(here)
        now, late, rest = order.deal(after, found, PATIENCE_MS)
        assert not len(late)
        waiting, ordered = numbers(found, rest), numbers(found, now)
        if ordered:
            after = BOOT + ordered[-1]
            trace = Trace(found.ts_ms[now], {"temperature_c": values[np.array(ordered) - 1]}, {})
            edges, memory = rules.judge(lines, memory, trace)
            told += [(edge.raised, edge.ts_ms, edge.since_ms) for _line, edge in edges]
    assert not waiting and told == [(edge.raised, edge.ts_ms, edge.since_ms) for _line, edge in expected]
