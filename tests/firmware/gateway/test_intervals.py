"""Sets of sequence numbers as intervals."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.gateway import intervals

numbers = st.sets(st.integers(1, 60))


def members(pairs):
    return {number for first, last in pairs for number in range(first, last + 1)}


@given(numbers)
def test_intervals_hold_their_numbers_and_no_other(given_numbers):
    pairs = intervals.of(given_numbers)
    assert members(pairs) == given_numbers
    assert all(intervals.holds(pairs, number) == (number in given_numbers) for number in range(62))


@given(numbers)
def test_intervals_stand_in_order_and_apart(given_numbers):
    pairs = intervals.of(given_numbers)
    assert all(left[1] + 1 < right[0] for left, right in zip(pairs, pairs[1:], strict=False))


@given(numbers, numbers)
def test_a_union_is_both_in_the_fewest_pairs(one, other):
    assert intervals.union(intervals.of(one), intervals.of(other)) == intervals.of(one | other)
