"""What is usual of a figure, hardly moved by single days, and how far a new one lies from it. No I/O.

A count is judged by its very chance, by cube roots (Wilson and Hilferty 1931), which are right far out and of few as
well; other figures by mean lengths of their tail: exponential tails are as long as tails of days get, bells fall off
sooner.
"""

from math import log, sqrt
from statistics import mean, median

MAD = 1.4826  # times the median distance from the median: the deviation of a bell
LITTLE = 0.005  # of what never came, half of one in a hundred days is usual
NINE_TENTHS = (1 - 0.1 * (1 + log(10))) / 0.9  # the mean of an exponential tail below its farthest tenth


def wider(surprises):
    """How many times wider than chance alone counts wander, of `surprises` that are one wide by chance; at least 1."""
    return max(1.0, spread([abs(one) for one in surprises]))


def spread(distances):
    """The deviation of a bell of which these are distances from the middle; 0.0 for none.

    Their root mean square, in which none counts for more than three times what their median says: that says more of few
    days than their median alone.
    """
    if not distances:
        return 0.0
    most = 3 * MAD * median(distances) or max(distances)
    return sqrt(mean(min(most, one) ** 2 for one in distances))


def of_share(wide, share):
    """How many times wider than chance a part of a day's counts wanders: what moves the whole moves each part alike.

    The less a part has, the more of its wandering is chance. `wide`: of the whole; `share`: 0 to 1 of its count.
    """
    return sqrt(1 + (wide * wide - 1) * share)


def surprise(count, usual, wide=1.0):
    """How many deviations a count lies above (or below, negative) what is usual."""
    shape = max(0.0, count) + 0.5
    return (1 - 1 / (9 * shape) - (max(usual, LITTLE) / shape) ** (1 / 3)) * 3 * sqrt(shape) / wide


def middle(values):
    """The mean of the middle half: single days hardly move it, and it wanders less than a median."""
    dropped = len(values) // 4
    return mean(sorted(values)[dropped : len(values) - dropped]) if values else 0.0


def never(expected, wide=1.0):
    """How unlikely it is that nothing comes of what is expected, as the logarithm of one in so many.

    On the scale of square roots none looks likelier than it is. Source: the negative binomial, whose variance is
    `wide` squared times its mean; Poisson's for 1.
    """
    more = wide * wide - 1
    return expected if more < 1e-6 else expected * log(1 + more) / more


def tail(distances):
    """The mean length of a tail of which these are distances from the middle, told without the farthest tenth."""
    return mean(_without_farthest(distances)) / NINE_TENTHS if distances else 0.0


def reach(distances):
    """How far they go but for the farthest tenth: what was unusual before is no measure of what is usual."""
    return max(_without_farthest(distances), default=0.0)


def _without_farthest(distances):
    dropped = max(1, len(distances) // 10) if len(distances) >= 5 else 0
    return sorted(distances)[: len(distances) - dropped]
