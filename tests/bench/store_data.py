"""Readings like those of a hospital: four values every ten seconds, at the resolution of their sensors.

Machines are off, stand by or work, each for a while by chance; current follows the state, voltage sags under load, the
room's temperature and humidity follow the day and the load. The same seed gives the same readings.
"""

from collections import namedtuple

import numpy as np

EVERY_MS = 10_000
START_MS = 1_767_225_600_000  # 2026-01-01 UTC
BOOT = 1 << 24
CHANNELS = ("current_a", "voltage_v", "temperature_c", "humidity_pct")
SCALES = (1000, 100, 100, 100)
DWELLS = (200, 60, 110)  # windows off, standing by, on
DAY = 8640  # windows

# Arrays of equal length: seq, ts_ms, and steps: one array of whole numbers for each of CHANNELS
Trace = namedtuple("Trace", ("seq", "ts_ms", "steps"))


def trace(count, seed, start_ms=START_MS):
    """The Trace of one terminal over so many windows."""
    chance = np.random.default_rng(seed)
    on, load = _states(chance, count)
    tick = np.arange(count)
    day = 2 * np.pi * (tick / DAY + chance.random())
    noise = chance.normal(0, 1, count)
    current = np.choose(on, (0.006 + 0.0015 * noise, 0.35 + 0.008 * noise, load * (1 + 0.012 * noise)))
    voltage = 231 + 2.5 * np.sin(day) + _wander(chance, count, 1.2) + chance.normal(0, 0.25, count) - 0.12 * current
    heat = _smooth(6.0 * (on == 2), 0.005)
    warmth = 21 + 2.5 * np.sin(day) + _wander(chance, count, 0.6) + heat + chance.normal(0, 0.02, count)
    humidity = 47 + 6 * np.sin(day + 1) + _wander(chance, count, 3.0) + chance.normal(0, 0.06, count)
    voltage = np.round(voltage * 10) * 10  # the sensor shows tenths, the channel has hundredths
    rounded = (np.round(current * 1000), voltage, np.round(warmth * 100), np.round(humidity * 100))
    ts_ms = start_ms + tick * EVERY_MS + chance.integers(-8, 9, count)
    return Trace(BOOT + 1 + tick, ts_ms, [values.astype(np.int64) for values in rounded])


def _states(chance, count):
    """(0 off, 1 standing by, 2 on, each for an exponentially distributed while; the amperes of that session)."""
    states, loads, lengths, total = [], [], [], 0
    while total < count:
        states.append(len(states) % 3)
        loads.append(chance.uniform(3, 12))
        lengths.append(1 + int(chance.exponential(DWELLS[states[-1]])))
        total += lengths[-1]
    return np.repeat(states, lengths)[:count], np.repeat(loads, lengths)[:count]


def _wander(chance, count, size):
    """Slow noise of about this size."""
    knots = np.arange(0, count + 2 * 360, 360)
    return np.interp(np.arange(count), knots, chance.normal(0, size, len(knots)))


def _smooth(values, share):
    """What follows values with inertia, a block of windows at a time."""
    weights = share * (1 - share) ** np.arange(1000)
    return np.convolve(values, weights)[: len(values)]


def entropy_of(columns):
    """Bits of the order-0 entropy of the differences in these columns; each a list of arrays, one a terminal."""
    bits = 0.0
    for arrays in columns:
        _values, counts = np.unique(np.concatenate([np.diff(values) for values in arrays]), return_counts=True)
        shares = counts / counts.sum()
        bits -= float((shares * np.log2(shares)).sum())
    return bits


def full(found, seed):
    """{channel name: steps} of a terminal's full reading: all that its board measures."""
    chance, current = np.random.default_rng(seed), found.steps[0]
    spread = np.abs(chance.normal(0, 1, (3, len(current)))) * (1 + current * 0.01)
    low, high, more = (part.astype(np.int64) for part in spread)
    steps = dict(zip(CHANNELS, found.steps, strict=True))
    inside = {"current_min_a": current - low, "current_max_a": current + high, "current_rms_a": current + more // 8}
    return steps | inside | {"charge_as": current + low // 4}
