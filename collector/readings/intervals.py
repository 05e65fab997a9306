"""Sets of sequence numbers as sorted, disjoint intervals [(first, last), ...]. No I/O."""

from bisect import bisect_right


def merged(intervals):
    """The same numbers, sorted, with everything that touches joined."""
    out = []
    for first, last in sorted(intervals):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(last, out[-1][1]))
        else:
            out.append((first, last))
    return out


def without(intervals, others):
    """The numbers of merged `intervals` that merged `others` lack."""
    out = []
    for first, last in intervals:
        for other_first, other_last in others:
            if other_last < first:
                continue
            if other_first > last:
                break
            if other_first > first:
                out.append((first, other_first - 1))
            first = other_last + 1
        if first <= last:
            out.append((first, last))
    return out


def holds(intervals, number):
    """Whether a number is in merged intervals."""
    at = bisect_right(intervals, number, key=lambda interval: interval[0])
    return at > 0 and number <= intervals[at - 1][1]
