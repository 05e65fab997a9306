"""What spoils a trace, each by its name: (current, peak, truth, rng, unit, told) -> the first three, every second.

`told` takes what the second analyser may know.
"""

import numpy as np

from tests.bench.running.kinds import A_PER_KW

DAY_S, UNSCORED = 86400, 4


def chosen(spoil, kind):
    """The nuisances asked for, in a fixed order; `all` of them for "all"."""
    if spoil == "all":
        spoil = tuple(NUISANCES) + ("gaps",)
    return [name for name in NUISANCES if name in spoil and not (kind == "DR" and name == "compressor")]


def compressor(current, peak, truth, rng, unit, told):
    """A chiller on the same feed: 3 to 15 min on, 2 to 10 min off, an inrush of a second at each start."""
    amps = max(1.0, 0.12 * unit[2] * rng.uniform(0.6, 1.6)) * A_PER_KW
    told["cycle_a"] = amps
    inrush, on_s, rest_s = amps * rng.uniform(3, 6), rng.uniform(240, 800), rng.uniform(150, 560)
    at = rng.uniform(0, rest_s)
    while at < current.size:
        long = on_s * rng.uniform(0.9, 1.1)
        first, last = int(at), int(at + long)
        current[first:last] += amps
        peak[first:last] += amps
        peak[first] += inrush
        current[first] += 0.3 * inrush
        at += long + rest_s * rng.uniform(0.9, 1.1)
    return current, peak, truth


def inrush(current, peak, truth, rng, _unit, _told):
    """A surge whenever the unit is switched on."""
    ons = np.flatnonzero((truth[1:] != 0) & (truth[:-1] == 0)) + 1
    top = np.quantile(current[::7], 0.999) * rng.uniform(1, 2)
    peak[ons] += top
    current[ons] += 0.3 * top
    return current, peak, truth


def drift(current, peak, truth, rng, _unit, _told):
    """The gain wanders by up to 4 % within days."""
    days = current.size // DAY_S
    marks = rng.uniform(-0.04, 0.04, days + 1)
    gain = (1 + np.interp(np.arange(current.size), np.arange(days + 1) * DAY_S, marks)).astype(np.float32)
    return current * gain, peak * gain, truth


def noise(current, peak, truth, rng, _unit, _told):
    """A worse sensor: 1.5 % of the value and 50 mA more."""
    extra = (rng.standard_normal(current.size) * (0.015 * current + 0.05)).astype(np.float32)
    return current + extra, peak + extra, truth


def mains(current, peak, truth, rng, _unit, _told):
    """The mains voltage moves by up to 5 % for hours; what draws constant power draws so much more or less."""
    at = 0
    while at < current.size:
        last = int(at + rng.uniform(3, 12) * 3600)
        gain = np.float32(1 + rng.uniform(-0.05, 0.05))
        current[at:last] *= gain
        peak[at:last] *= gain
        at = last
    return current, peak, truth


def moved(current, peak, truth, rng, _unit, _told):
    """The clamp is moved one day at noon: another phase, all of it so much more or less."""
    at = int((current.size // DAY_S * rng.uniform(0.35, 0.65) // 1 + 0.5) * DAY_S)
    gain = np.float32(rng.choice([rng.uniform(0.6, 0.85), rng.uniform(1.2, 1.6)]))
    current[at:] *= gain
    peak[at:] *= gain
    truth[max(0, at - 60) : at + 60] = UNSCORED
    return current, peak, truth


def repaired(current, peak, truth, rng, unit, _told):
    """From one morning on everything but off draws so much more or less: another part is in."""
    at = int(current.size // DAY_S * rng.uniform(0.35, 0.65)) * DAY_S
    extra = np.float32(unit[1] * rng.uniform(-0.1, 0.1) * A_PER_KW)
    on = truth[at:] != 0
    current[at:] += extra * on
    peak[at:] += extra * on
    return current, peak, truth


def clipping(current, peak, truth, _rng, unit, _told):
    """A clamp of a small range: nothing above five times ready is seen."""
    most = np.float32(5 * unit[2] * A_PER_KW)
    return np.minimum(current, most), np.minimum(peak, most), truth


def failures(current, peak, truth, rng, _unit, _told):
    """The mains fails for minutes, an open clamp for an hour: zero, and not scored."""
    for long in (rng.uniform(120, 1800), 3600):
        at = int(rng.uniform(0, current.size - long))
        last = int(at + long)
        current[at:last] *= 0
        peak[at:last] *= 0
        truth[at - 20 : last + 20] = UNSCORED
    return current, peak, truth


NUISANCES = {
    each.__name__: each for each in (compressor, repaired, inrush, failures, drift, mains, moved, clipping, noise)
}


def kept(count, window_s, rng, spoil):
    """Which windows arrive: all, or with gaps of minutes to hours and single losses."""
    keep = np.ones(count, bool)
    if spoil == "all" or "gaps" in spoil:
        keep &= rng.random(count) > 0.003
        for _ in range(max(1, count * window_s // DAY_S)):
            at = int(rng.integers(0, count))
            keep[at : at + int(rng.uniform(60, 2400) / window_s)] = False
    return keep
