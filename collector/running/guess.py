"""Which class a trace looks like, where nobody has said: how its bursts lie beside the level between them."""

import math
from collections import namedtuple

import numpy as np

from collector.running import learning
from collector.running import levels as curve

Look = namedtuple("Look", "height long")
# (centre, spread) in powers of e: peak over ready level; seconds a burst would last at its peak

LOOKS = {
    "CT": Look((2.5, 0.7), (1.9, 0.6)),
    "MRI": Look((0.6, 0.35), (4.9, 0.8)),
    "DSA": Look((0.5, 0.35), (3.1, 0.8)),
    "PET/CT": Look((1.2, 0.6), (5.5, 1.5)),
    "LINAC": Look((1.15, 0.35), (3.5, 0.8)),
    "DR": Look((3.8, 0.8), (-2.0, 1.2)),
}
LONGEST = 200_000  # windows are looked at: three weeks of ten seconds
EVENTS_LEAST = 10


def guessed(columns):
    """(class, how sure) of Columns; CT and 0.0 where there is too little to tell."""
    columns = columns._replace(**{
        name: getattr(columns, name)[:LONGEST] if getattr(columns, name) is not None else None
        for name in ("ts_ms", "mean", "least", "most")
    })  # fmt: skip
    found = learning.learned(columns, "DR", 0)
    if found is None or found.burst_a is None:
        return "CT", 0.0
    ready = max(amps for state, amps in found.plateaus if state == "ready")
    height, long = _bursts(columns, found, ready)
    if height.size < EVENTS_LEAST:
        return "CT", 0.0
    # heights of a class differ more than lengths: the upper ones tell what its generator can
    seen = float(np.log(np.quantile(height, 0.8))), float(np.log(max(0.05, np.median(long))))
    odds = {kind: _odds(seen, look) for kind, look in LOOKS.items()}
    resting = min(amps for _state, amps in found.plateaus) / ready
    if resting < 0.2:
        odds["MRI"] -= 6.0
    if _steps_up(columns, found, ready):
        odds["PET/CT"] += 3.0
    best = max(odds, key=odds.get)
    every = sum(math.exp(value - odds[best]) for value in odds.values())
    return best, 1 / every


def _bursts(columns, found, ready):
    """(peak over ready, seconds at its peak) of each burst."""
    peak = columns.mean if columns.most is None else columns.most
    over = peak > found.burst_a + found.cycle_a
    edges = np.flatnonzero(np.diff(np.concatenate(([0], over.astype(np.int8), [0]))))
    first, last = edges[::2], edges[1::2]
    if not first.size:
        return np.zeros(0), np.zeros(0)
    pairs = np.stack((first, np.minimum(last, over.size - 1)), axis=1).ravel()
    pairs[1::2] = np.maximum(pairs[1::2], pairs[::2] + 1)
    pairs = np.minimum(pairs, over.size - 1)
    flow = np.add.reduceat(np.maximum(0, columns.mean - ready), pairs)[::2] * columns.window_ms / 1000
    top = np.maximum.reduceat(peak, pairs)[::2]
    return top / ready, flow / np.maximum(1e-9, top - ready)


def _odds(seen, look):
    return sum(-(((value - at) / wide) ** 2) / 2 - math.log(wide) for value, (at, wide) in zip(seen, look, strict=True))


def _steps_up(columns, found, ready):
    """Whether bursts are followed by a plateau a little above ready that lasts, as PET follows CT."""
    base = curve.base_of(columns, found.bias_a)
    above = (base > 1.04 * ready) & (base < 1.3 * ready)
    return float(above.mean()) > 0.03 and float(above.mean()) > 0.5 * float(
        (np.abs(base - ready) < 0.03 * ready).mean()
    )
