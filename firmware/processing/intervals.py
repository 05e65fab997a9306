"""Sets of sequence numbers as (first, last) pairs, in order and apart: what every hop keeps, never a single cursor."""


def merged(intervals):
    """The same numbers, in order, with everything that overlaps or touches joined."""
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
    low, high = 0, len(intervals)
    while low < high:
        middle = (low + high) // 2
        if intervals[middle][1] < number:
            low = middle + 1
        else:
            high = middle
    return low < len(intervals) and intervals[low][0] <= number
