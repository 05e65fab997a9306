"""The levels of one unit, learned from its own readings: load-duration curve, compressor, what lies between its bursts.

No ampere is fixed here; the class only says what shapes to expect. Arrays, so that a year takes seconds; following
what was learned is firmware/processing/state.py. The method is told in docs/running-state.md.
"""

from collections import namedtuple

import numpy as np

Shape = namedtuple("Shape", "off standby alike width_s plateau reach_s")
# off, standby: (usual share of the ready level, spread in powers of e); alike: standby and ready are one level;
# width_s: a peak that lasts less is a surge; plateau: an acquisition may be a level of its own; reach_s: to the next

SHAPES = {
    "CT": Shape((0.004, 0.8), (0.6, 0.7), True, 1.3, False, 150),
    "MRI": Shape((0.42, 0.22), (0.6, 0.2), False, 2.5, False, 150),
    "DSA": Shape((0.2, 0.7), (0.65, 0.35), False, 1.3, False, 150),
    "PET/CT": Shape((0.04, 0.9), (0.3, 0.5), False, 1.3, True, 150),
    "LINAC": Shape((0.15, 0.6), (0.6, 0.35), False, 2.0, False, 150),
    "DR": Shape((0.15, 0.8), (0.9, 0.3), True, 0.0, False, 150),
}
STEP = 0.005  # of the curve, in powers of e: half a per cent
SMALL = 0.03  # of the upper level: what is smaller than that is as good as nothing
MASS_LEAST = 0.003  # of the time, for a plateau


def base_of(readings, bias):
    """What flows under the bursts of each window."""
    return readings.mean if readings.least is None else np.minimum(readings.mean, readings.least + bias)


def bias_of(readings):
    """How far the mean of a quiet window lies above its least."""
    return 0.0 if readings.least is None else float(1.3 * np.median(readings.mean - readings.least))


class Curve:
    """The load-duration curve as a density: how much of the time the current is about so much."""

    def __init__(self, values, weights=None, narrow=0.01, scale=None):
        self.scale = SMALL * float(np.quantile(values, 0.9)) if scale is None else scale
        self.scale = max(self.scale, 1e-9)
        self.narrow = max(2 * STEP, narrow)
        height = self.height(values)
        self.first = -0.2
        size = int((float(height.max()) - self.first) / STEP) + 60
        place = np.clip(((height - self.first) / STEP).astype(int), 0, size - 1)
        counts = np.bincount(place, weights, size).astype(float)
        reach = int(4 * self.narrow / STEP)
        bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) * STEP / self.narrow) ** 2)
        self.density = np.convolve(counts / max(1e-12, counts.sum()), bell / bell.sum(), "same")

    def height(self, values):
        """Amperes on the curve's own scale: even for small ones, in powers of e for large ones."""
        return np.log(np.maximum(np.asarray(values, float), -0.1 * self.scale) / self.scale + 1)

    def amperes(self, place):
        """The current of a place of the density."""
        return float((np.exp(self.first + place * STEP) - 1) * self.scale)

    def plateaus(self, least=MASS_LEAST, deep=0.6):
        """[(A, share of the time)] rising: the peaks of the density that a valley parts from their neighbours."""
        density = self.density
        up = density[1:-1] > density[:-2]
        tops = [int(at) + 1 for at in np.flatnonzero(up & (density[1:-1] >= density[2:]))]
        kept = []
        for top in tops:
            while kept:
                valley = float(density[kept[-1] : top + 1].min())
                if valley <= deep * min(density[kept[-1]], density[top]):
                    kept.append(top)
                    break
                if density[kept[-1]] >= density[top]:
                    break
                kept.pop()
            else:
                kept.append(top)
        edges = [0] + [low + int(density[low:high].argmin()) for low, high in zip(kept, kept[1:], strict=False)]
        edges.append(density.size)
        share = [float(density[low:high].sum()) for low, high in zip(edges, edges[1:], strict=False)]
        return [(self.amperes(top), part) for top, part in zip(kept, share, strict=True) if part >= least]


def noise_of(values):
    """(share, A): how far neighbouring windows lie apart half the time, for large currents and for small ones.

    Told from the calmer quarter of them: the other half may be busy.
    """
    between, upper = np.abs(np.diff(values)), 0.3 * float(np.quantile(values, 0.95))
    large = values[1:] > upper
    share = CALMER * float(np.quantile(between[large] / values[1:][large], 0.25)) if large.any() else 0.0
    return share, CALMER * float(np.quantile(between[~large], 0.25)) if (~large).sum() > 20 else 0.0


def floor_of(values, wide):
    """The least of three in a row, looked for `wide` windows to both sides."""
    if values.size < 3:
        return values.copy()
    calm = np.sort(np.stack((np.roll(values, 1), values, np.roll(values, -1))), axis=0)[1]
    calm[0], calm[-1] = values[0], values[-1]
    padded = np.pad(calm, wide, mode="edge")
    return _sliding(padded, 2 * wide + 1, np.minimum)


CALMER = 2.1  # the median of a bell's distances over their lower quartile
CYCLE_MOST_S = 1500  # a compressor runs no longer


def calm_of(base, beyond, window_s):
    """(base, floor) far from bursts: what lasts there longer than a compressor runs is a level of its own."""
    wide = max(1, int(CYCLE_MOST_S / window_s))
    near = _sliding(np.pad(beyond, wide), 2 * wide + 1, np.logical_or)
    return base[~near], floor_of(base, wide)[~near]


def _sliding(values, width, best):
    """The best of every `width` neighbours, by doubling."""
    out, reach = values, 1
    while reach * 2 <= width:
        out = best(out[:-reach], out[reach:])
        reach *= 2
    left = width - reach
    return best(out[:-left], out[left:]) if left else out


def cycle_of(base, window_s):
    """What a compressor adds that starts and stops all day, in A, or 0.0: two levels in turn in quiet stretches."""
    wide = max(8, int(7200 / window_s))
    found, looked = [], 0
    step = max(1, int(20 / window_s))
    stretches = [base[at : at + wide : step] for at in range(0, base.size - wide + 1, wide)]
    stretches = sorted(stretches, key=lambda part: float(np.quantile(part, 0.95) - np.quantile(part, 0.05)))
    for part in stretches[: max(3, len(stretches) // 3)]:
        looked += 1
        amps = _two_levels(part, 7200 / max(1, part.size))
        if amps:
            found.append(amps)
    if len(found) < max(2, 0.5 * looked):
        return 0.0
    middle = float(np.median(found))
    near = [amps for amps in found if abs(amps - middle) < 0.25 * middle]
    return float(np.median(near)) if len(near) >= 0.6 * len(found) else 0.0


def _two_levels(part, each_s):
    """The distance of two levels that a stretch changes between six times or more, none for long; else None."""
    split = (np.quantile(part, 0.05) + np.quantile(part, 0.95)) / 2
    for _ in range(4):
        high = part > split
        if high.all() or not high.any():
            return None
        above, below = np.median(part[high]), np.median(part[~high])
        split = (above + below) / 2
    apart = above - below
    inside = np.median(np.abs(part - np.where(high, above, below)))
    turns = np.flatnonzero(high[1:] != high[:-1])
    if turns.size < 6 or apart < 8 * inside or apart < 0.02 * above:
        return None
    between = np.diff(np.concatenate(([-1], turns, [part.size - 1]))) * each_s
    return float(apart) if between.max() < 1500 and np.median(between) > 1.5 * each_s else None


def bursts_of(readings, base, window_s, cycle, shape, noise):
    """(floor, beyond): what lies under each window's neighbourhood, and where a peak rises from it that is no surge."""
    wide = max(1, int(shape.reach_s / window_s))
    floor = floor_of(base, wide)
    peak = readings.mean if readings.most is None else readings.most
    height = peak - floor
    quiet = np.median(np.maximum(0, peak - base)) if readings.most is not None else 0.0
    limit = np.maximum(0.10, 8 * noise[0]) * np.maximum(floor, SMALL * np.quantile(base, 0.9)) + 1.4 * cycle
    limit += 4 * quiet + 8 * noise[1]
    beyond = height > limit
    if shape.width_s and readings.most is not None:
        long = (readings.mean - floor - cycle * (readings.mean - floor > cycle)) * window_s
        beyond &= long > min(shape.width_s, 0.6 * window_s) * height * 0.5
    return floor, beyond


def valleys_of(base, beyond, most):
    """The least base of each gap of at most `most` windows between two of `beyond`."""
    places = np.flatnonzero(beyond)
    wide = np.diff(places)
    gaps = np.flatnonzero((wide > 1) & (wide <= max(2, most)))
    if not gaps.size:
        return np.zeros(0)
    pairs = np.stack((places[gaps] + 1, places[gaps + 1]), axis=1).ravel()
    return np.minimum.reduceat(base, pairs)[::2]
