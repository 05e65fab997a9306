"""Intervals against sets: they hold the same numbers, sorted, disjoint and as few as possible."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.processing.intervals import holds, merged, without

PAIRS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: (pair[0], sum(pair))), max_size=12)


def numbers(intervals):
    return {number for first, last in intervals for number in range(first, last + 1)}


@given(PAIRS)
def test_merged_holds_the_same_numbers_in_as_few_intervals_as_possible(pairs):
    out = merged(pairs)
    assert numbers(out) == numbers(pairs)
    assert all(before[1] + 1 < after[0] for before, after in zip(out, out[1:], strict=False))


@given(PAIRS, PAIRS)
def test_without_leaves_what_the_others_lack(pairs, others):
    out = without(merged(pairs), merged(others))
    assert numbers(out) == numbers(pairs) - numbers(others)
    assert out == merged(out)


@given(PAIRS, st.integers(0, 75))
def test_holds_finds_every_number_and_no_other(pairs, number):
    assert holds(merged(pairs), number) == (number in numbers(pairs))
