"""What is usual of a figure, hardly moved by single days, and how far a new one lies from it. No I/O.

A count is judged on the scale of square roots, where its chance is the same whatever its size (Anscombe 1948); other
figures by mean lengths of their tail: exponential tails are as long as tails of days get, bells fall off sooner.
"""

from math import log, sqrt
from statistics import median

MAD = 1.4826  # times the median distance from the median: the deviation of a bell


def root(count):
    """A count on the scale where its chance is one, whatever its size."""
    return 2 * sqrt(max(0.0, count) + 0.375)


def wider(surprises):
    """How many times wider than chance alone counts wander, of `surprises` that are one wide by chance; at least 1."""
    return max(1.0, MAD * median(abs(one) for one in surprises)) if surprises else 1.0


def surprise(count, usual, wide=1.0):
    """How many deviations a count lies above (or below, negative) what is usual."""
    return (root(count) - root(usual)) / wide


def tail(distances):
    """The mean length of a tail of which these are distances from the middle, by their median."""
    return median(distances) / log(2) if distances else 0.0


def reach(distances):
    """How far they go but for the farthest tenth: what was unusual before is no measure of what is usual."""
    dropped = max(1, len(distances) // 10) if len(distances) >= 5 else 0
    return sorted(distances)[len(distances) - 1 - dropped] if distances else 0.0
