"""Readings of a unit -> its levels: which plateau is which state, where an acquisition begins, how sure that is."""

import math

import numpy as np

from collector.running import levels as curve
from firmware.processing.state import OFF, READY, STANDBY, WORKING, Levels

WINDOWS_LEAST = 60  # fewer say nothing of a unit
WEAK = ("MRI", "PET/CT")  # classes whose acquisitions may rise less than a compressor does
RUNS_MOST = 8  # times as long as it rests, a compressor: a failed supply, which has none, is told so
NEVER_IDLE, NEVER_OFF, CLEAR = 4.0, 1.5, 0.7  # logarithms of odds
NOTHING = 0.01  # of what a unit draws that is off
VALLEY_S = 90  # between two bursts of one examination, as a rule


def learned(readings, kind, from_ms):
    """A Levels record of `readings`, or None where there is nothing to learn from."""
    if readings.mean.size < WINDOWS_LEAST:
        return None
    window_s = readings.window_ms / 1000
    shape = curve.SHAPES[kind]
    bias = curve.bias_of(readings)
    base = curve.base_of(readings, bias)
    top = float(np.quantile(base, 0.95))
    if not top > 0 or float(np.ptp(readings.mean)) < 0.02 * top:
        return None
    noise = curve.noise_of(base)
    cycle = curve.cycle_of(base, window_s)
    floor, beyond = curve.bursts_of(readings, base, window_s, cycle, shape, noise)
    plateaus = curve.Curve(base, narrow=max(0.008, 0.7 * noise[0])).plateaus()
    if kind == "MRI":
        plateaus = [one for one in plateaus if one[0] > 0.04 * top]  # its magnet is cooled day and night
    ready, clear = _ready(readings, base, plateaus, window_s, shape, cycle, noise)
    plateaus = _without_cycle(plateaus, cycle, *curve.calm_of(base, beyond, window_s))
    burst = _burst(readings, base, floor, beyond, ready, cycle, noise) if ready else None
    named, parted = _named(plateaus, ready, burst, cycle, shape, noise)
    if not named:
        return None
    spread = (max(0.02, 1.5 * noise[0]), 0.01 * (ready or top) + 2 * noise[1] + 1e-9)
    mean = ready + max(0.05 * ready, 8 * noise[0] * ready, 8 * noise[1]) if ready else None
    if ready and named[-1][0] == WORKING:
        mean = burst
    nothing = _reads_nothing(named)
    named = named[nothing:]
    floor_a = 0.35 * named[0][1] if kind == "MRI" or nothing else 0.0
    hidden = cycle and kind in WEAK
    doubtful = hidden or not parted or _meet(named, cycle, spread)
    sure = _sure(ready, clear, readings) * (0.9 if doubtful else 1.0)
    width_s = shape.width_s if readings.most is not None else 0.0
    return Levels(
        from_ms, kind, 1.0, tuple(named), cycle, floor_a, burst, mean, width_s,
        spread, readings.window_ms, bias, shape.alike, sure,
    )  # fmt: skip


def _reads_nothing(named):
    """Whether the lowest of named plateaus is none: a clamp that fell off, beside the little that an off unit draws."""
    lowest = [amps for state, amps in named if state == OFF][:2]
    return len(lowest) == 2 and lowest[0] < NOTHING * lowest[1]


def _ready(readings, base, plateaus, window_s, shape, cycle, noise):
    """(A, clear): the level a unit waits at between bursts, the highest plateau with many short valleys, or None."""
    peak = readings.mean if readings.most is None else readings.most
    found, long = [], window_s > VALLEY_S / 4  # long windows hold burst and pause in one
    for amps, share in _with_rest(plateaus, cycle):
        wander = max(noise[0] * amps, noise[1])
        near = np.abs(base - amps) < 0.04 * amps + wander
        if not near.any():
            continue
        swing = float(
            np.quantile((peak - base)[near], 0.02 if long else 0.25)
        )  # what its value swings by itself within a window
        limit = amps * 1.10 + max(6 * wander, 4 * swing) + 1.3 * cycle
        above = (peak > limit) | (base > limit)
        if shape.width_s and readings.most is not None:
            above &= (readings.mean - amps) * window_s > 0.3 * min(shape.width_s, window_s) * (peak - amps)
        here = near.copy()
        if cycle:
            here |= np.abs(base - amps - cycle) < 0.04 * amps + wander
        calm = here & ~above
        if calm.sum() < (0.05 if long else 0.3) * here.sum() or calm.sum() < 5:
            continue
        least = curve.valleys_of(base, above, VALLEY_S / window_s)
        seen = [int((np.abs(least - level) < 0.04 * amps + wander).sum()) for level in (amps, amps + cycle)]
        if long:
            seen = [count + int((above & (np.abs(base - level) < 0.04 * amps + wander)).sum())
                    for count, level in zip(seen, (amps, amps + cycle), strict=True)]  # fmt: skip
        if cycle and min(seen) < 0.1 * max(seen):
            seen = [
                0,
                0.2 * max(seen),
            ]  # a compressor rests at times: this is another level with it on
        found.append((sum(seen) if cycle else seen[0], share, amps))
    most, usual, _amps = max(found, default=(0, 0, 0))
    if most < 8:
        return None, False
    likely = [(amps, count) for count, share, amps in found if count >= 0.4 * most and share >= 0.1 * usual]
    amps, count = max(likely)
    return amps, count == most


def _with_rest(plateaus, cycle):
    """Plateaus, and what lies a compressor below one without being a plateau: others may hide it."""
    if not cycle:
        return plateaus
    there = [amps for amps, _share in plateaus]
    rest = [(amps - cycle, share) for amps, share in plateaus if amps > 2 * cycle]
    hidden = [one for one in rest if all(abs(one[0] - amps) > 0.15 * cycle for amps in there)]
    return sorted(plateaus + hidden)


def _burst(readings, base, floor, beyond, ready, cycle, noise):
    """The peak above which a window holds an acquisition: well out of the noise of ready, well below the low bursts."""
    peak = readings.mean if readings.most is None else readings.most
    still = ~beyond & (np.abs(base - ready) < 0.08 * ready)
    still &= peak - base < 0.15 * ready + 8 * max(noise[0] * ready, noise[1])
    if still.sum() < 10:
        still = ~beyond
    above = peak[still] - base[still]
    lower, middle = np.quantile(above, (0.08, 0.3))  # the upper half may hold what is not still at all
    wide = 1.3 * float(middle - lower) + 1e-9
    least = middle + 7 * wide + max(0.03 * ready, 2 * noise[0] * ready, 3 * noise[1])
    heights = (peak - np.maximum(floor, ready))[beyond & (floor > 0.7 * ready)]
    heights = heights[heights > least]
    low = float(np.quantile(heights, 0.04)) if heights.size > 20 else 3 * least
    return float(ready + max(least, 0.4 * min(low, 6 * least)))


def _without_cycle(plateaus, cycle, calm, lasting):
    """Plateaus that are not another one with the compressor on: what lasts longer than it runs is one of its own."""
    if not cycle:
        return plateaus

    def alike(value, other):
        return abs(value - other) < 0.08 * cycle + 0.008 * other

    def there(value):
        return any(alike(value, other) for other, _share in plateaus)

    def lasts(value, running):
        wide = 0.15 * cycle + 0.01 * value
        seen, kept = (np.abs(calm - running) < wide).sum(), (np.abs(lasting - value) < wide).sum()
        return kept > max(10, 0.3 * seen)

    out = []
    for value, share in plateaus:
        if any(alike(value, one[0] + cycle) and share < RUNS_MOST * one[1] for one in out):
            if lasts(value, value + cycle):
                out.append((value, share))
        elif there(value - cycle) and not there(value + cycle) and lasts(value - cycle, value):
            out.append((value - cycle, share))
        else:
            out.append((value, share))
    return sorted(out)


def _named(plateaus, ready, burst, cycle, shape, noise):
    """([(state, A)] rising, whether off and standby are clearly told apart)."""
    if ready is None:
        return _named_at_rest(plateaus, shape), True
    lower = [amps for amps, _share in plateaus if amps < (0.93 - noise[0]) * ready]
    split, parted = _split(lower, ready, shape)
    named = [(OFF if place < split else STANDBY, amps) for place, amps in enumerate(lower)]
    named.append((READY, ready))
    if shape.plateau and burst:
        between = [one for one in plateaus if ready * 1.035 < one[0] < burst + ready and one[1] > 0.01]
        between = [one for one in between if not cycle or abs(one[0] - ready - cycle) > 0.08 * cycle + 0.008 * ready]
        if between:
            best = max(between, key=lambda one: one[1])[0]
            best = best - cycle if best - cycle > 1.03 * ready else best  # PET adds less than that
            named += [(WORKING, amps) for amps in _ladder(ready, best, cycle, noise)]
    return named, parted


def _ladder(ready, best, cycle, noise):
    """What acquisitions that are levels of their own may draw: with a compressor about, not only the commonest."""
    if not cycle:
        return [best]
    above = [0.6 * (best - ready), best - ready, 1.4 * (best - ready)]
    return [ready + amps for amps in above if amps > max(0.03, 2 * noise[0]) * ready]


def _named_at_rest(plateaus, shape):
    """Without bursts there is no ready to measure against: lowest off, highest standby where they lie far apart."""
    amps = [one[0] for one in plateaus]
    if not amps:
        return []
    apart = math.exp(math.log(shape.standby[0] / max(shape.off[0], 1e-3)) / 2)
    return [(OFF if value * apart < amps[-1] else STANDBY, value) for value in amps]


def _split(lower, ready, shape):
    """(how many of the rising `lower` plateaus are off, whether that is clear): the shares of ready are most usual so.

    What has several plateaus is likely to be off at one of them, and to idle at another.
    """

    def odds(amps, usual):
        share, spread = usual
        return ((math.log(max(amps, 0) / ready + 0.02) - math.log(share + 0.02)) / spread) ** 2 / 2 + math.log(spread)

    costs, several = [], len(lower) > 1
    for split in range(len(lower) + 1):
        cost = sum(odds(amps, shape.off) for amps in lower[:split])
        cost += sum(odds(amps, shape.standby) for amps in lower[split:])
        cost += NEVER_IDLE * (several and split == len(lower)) + NEVER_OFF * (several and split == 0)
        costs.append((cost, split))
    best, *others = sorted(costs)
    return best[1], not others or others[0][0] - best[0] > CLEAR


def _meet(named, cycle, spread):
    """Whether one state with the compressor on draws what another one draws."""
    share, amps = spread
    return bool(cycle) and any(
        state != other and abs(low + cycle - high - on * cycle) < share * high + amps
        for state, low in named
        for other, high in named
        for on in (0, 1)
    )


def _sure(ready, clear, readings):
    """How far all of it is to be believed: less without bursts or peaks, with two likely levels, on a short trace."""
    sure = 0.6 if ready is None else 0.97 if clear else 0.88
    days = readings.mean.size * readings.window_ms / 86_400_000
    if days < 0.9:
        sure *= 0.8
    if readings.most is None:
        sure *= 0.9
    return sure
