"""Days of an MRI magnet's cooling as a clamp sees them, quiet or spoilt, and what must be found of each."""

from collections import namedtuple
from datetime import timedelta

import numpy as np

from collector.running import cold
from firmware.processing.state import OFF, READY, STANDBY, Levels, Spell
from tests.bench.running.life import FIRST, midnight

WINDOW_S = 60
OFF_A, STANDBY_A, READY_A, CYCLE_A = 12.6, 18.0, 32.0, 4.0
NIGHT_H, OPEN_H = 7.5, 22  # off before and after

LEVELS = Levels(
    0, "MRI", 1.0, ((OFF, OFF_A), (STANDBY, STANDBY_A), (READY, READY_A)), CYCLE_A, 0.35 * OFF_A, 40.0, 34.0, 2.5,
    (0.02, 0.3), WINDOW_S * 1000, 0.05, False, 0.97,
)  # fmt: skip

Day = namedtuple("Day", "cycle_s duty base_a")


def usual(day, rng):
    """How the compressor goes on a day of a quiet year: longer in summer, each day a little different."""
    summer = np.sin(2 * np.pi * day / 365)
    return Day(900 * (1 + 0.06 * summer) * rng.normal(1, 0.02), 0.6 + 0.04 * summer + rng.normal(0, 0.01), OFF_A)


def played(day, how, rng):
    """(readings, spells) of a day: (ts_ms, mean, least)."""
    start = midnight(FIRST + timedelta(days=day))
    hours = np.arange(0, 24, WINDOW_S / 3600)
    plateau = np.where((hours < NIGHT_H) | (hours >= OPEN_H), how.base_a, STANDBY_A)
    seconds, at = np.zeros(86400), -rng.uniform(0, how.cycle_s)
    while at < 86400:
        long = how.cycle_s * rng.normal(1, 0.05)
        seconds[max(0, int(at)) : max(0, int(at + long * how.duty))] = CYCLE_A
        at += long
    added = seconds.reshape(-1, WINDOW_S)
    noise = rng.normal(0, 0.05, hours.size)
    mean, least = plateau + added.mean(1) + noise, plateau + added.min(1) + noise - 0.04
    ts_ms = (start + hours * 3_600_000).round().astype(int)
    edges = (0, NIGHT_H, OPEN_H, 24)
    spells = [
        Spell(start + int(first * 3_600_000), start + int(last * 3_600_000), state, 0.97, 0.0, 0.0, 0.0)
        for first, last, state in zip(edges, edges[1:], (OFF, STANDBY, OFF), strict=False)
    ]
    return list(zip(ts_ms.tolist(), mean.tolist(), least.tolist(), strict=True)), spells


def coolings(days, seed, spoilt=lambda day, how: how):
    """The Cooling of each day."""
    rng, out = np.random.default_rng(seed), []
    for day in range(days):
        readings, spells = played(day, spoilt(day, usual(day, rng)), rng)
        start = midnight(FIRST + timedelta(days=day))
        out.append(cold.cooling_of(FIRST + timedelta(days=day), start, start + 86_400_000, readings, spells, LEVELS))
    return out


def found(days):
    """All Findings of days of Cooling, each beside those before it."""
    return [one for at in range(1, len(days)) for one in cold.unusual(days[: at + 1])]


SPOILT = {
    "the compressor takes half as long again": ("cycles_long", lambda how: how._replace(cycle_s=1.5 * how.cycle_s)),
    "the compressor starts twice as often": ("cycles_short", lambda how: how._replace(cycle_s=0.5 * how.cycle_s)),
    "the compressor runs four fifths of the time": ("duty_high", lambda how: how._replace(duty=0.85)),
    "the compressor runs a third of the time": ("duty_low", lambda how: how._replace(duty=0.3)),
    "the cooling draws an eighth more": ("baseline_moved", lambda how: how._replace(base_a=1.13 * how.base_a)),
}

# amperes that are left, volts, what is to be found: the scanner off or on, with the compressor stopped; a dead clamp
LOST = {
    "the cooling stops with the scanner off": (1.2, None, "cold_lost"),
    "the cooling stops with the scanner on": (STANDBY_A - 10.5, 235.0, "cold_lost_on"),
    "the clamp comes off": (0.01, 235.0, "clamp_lost"),
    "the supply fails": (0.0, 0.0, "supply_lost"),
    "no current, and nobody measures the voltage": (0.0, None, "sensor_lost"),
    "the scanner is switched off": (OFF_A, None, None),
    "the scanner is at standby": (STANDBY_A, None, None),
}


def lost(amps, volts, rng):
    """The kind of Finding half an hour after a current fell from ready to so many amperes; None for none."""
    mean = np.concatenate((np.full(30, READY_A), np.full(30, amps))) * rng.normal(1, 0.01, 60)
    recent = [(at * WINDOW_S * 1000, float(value)) for at, value in enumerate(mean)]
    one = cold.watch(recent, LEVELS, volts)
    return one and one.kind
