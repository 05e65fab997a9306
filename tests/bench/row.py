"""One figure beside its peer, measured in the same run."""

import statistics
import time
from collections import namedtuple

Row = namedtuple("Row", ("name", "value", "unit", "peer", "ratio", "goal", "holds"))

ROUNDS = 7


def seconds(action):
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def beside(name, unit, count, ours, peer, peer_name, at_least):
    """`count` things done by us and by a peer, in turn: medians, and the median of the rounds' ratios."""
    pairs = [(seconds(peer), seconds(ours)) for _ in range(ROUNDS)]
    ratio = statistics.median(theirs / mine for theirs, mine in pairs)
    value = count / statistics.median(mine for _theirs, mine in pairs)
    return Row(name, value, unit, peer_name, ratio, f">= {at_least}", ratio >= at_least)
