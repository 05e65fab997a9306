"""Sets of sequence numbers as (first, last) pairs, in order and apart: what every hop keeps, never a single cursor."""

from bisect import bisect_right


def of(numbers):
    """The intervals of any numbers."""
    found = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def holds(intervals, number):
    """Whether a number is in a set of intervals."""
    at = bisect_right(intervals, number, key=lambda pair: pair[0]) - 1
    return at >= 0 and number <= intervals[at][1]


def union(one, other):
    """The intervals of two sets together."""
    joined = []
    for first, last in sorted([*one, *other]):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
