"""The cooling of an MRI magnet, seen through the unit's own clamp -> Findings. No I/O; docs/running-warnings.md.

A magnet is cooled day and night: with the scanner off its compressor still draws kilowatts (facts: 6.4 to 9.7 kW). So a
current below that is no state of the scanner, and tells three things apart: `watch` on the newest readings. How the
compressor cycles is one `Cooling` a day (`cooling_of`), held against the unit's own days (`unusual`).
"""

from collections import namedtuple
from statistics import median

from collector.running.days import HOUR_MS
from collector.running.findings import Finding
from collector.running.usual import reach, tail
from firmware.processing.state import BREAK_MS, OFF, STANDBY

Cooling = namedtuple("Cooling", "on_date start_ms end_ms base_a cycle_s duty quiet_h")
# of a day: base_a: what flows with the scanner off and the compressor at rest, None where it never was off; cycle_s:
# median from start to start, None with fewer than three whole cycles; duty: share of the quiet time the compressor
# runs, None where none is known; quiet_h: hours looked at

WATCH_MS = 900_000  # of silence of the compressor, before anybody is called
NOTHING, BELOW, REST = 0.02, 0.8, 0.35  # of the level with the scanner off
QUIET_H, DAYS_LEAST, DAYS_MOST = 3.0, 7, 42
TAIL = 6.0
DEAD_V = 50  # what couples into a dead phase, and more
STEADY_WINDOWS = 2  # that the compressor must run or rest, to have started or stopped


def lowest(levels):
    """The current of the lowest level of Levels as the clamp reads it, in A."""
    return levels.plateaus[0][1] * levels.gain


def watch(recent, levels, volts=None):
    """A Finding of the newest readings of an MRI, or None where its cooling runs or too little is known.

    `recent`: (ts_ms, mean in A) in order, of WATCH_MS or longer; `levels`: the Levels record that holds now; `volts`:
    of the mains' highest phase, None where nobody measures it.
    """
    usual = lowest(levels)
    tail = [one for one in recent if one[0] > recent[-1][0] - WATCH_MS] if recent else []
    if not tail or recent[0][0] > recent[-1][0] - WATCH_MS + levels.window_ms or usual <= 0:
        return None
    if max(later[0] - sooner[0] for sooner, later in zip(tail, tail[1:], strict=False)) > BREAK_MS:
        return None
    most, middle = max(mean for _ts_ms, mean in tail), median(mean for _ts_ms, mean in tail)
    if most >= BELOW * usual:
        return None
    since = tail[0][0]
    for ts_ms, mean in reversed(recent):
        if mean >= BELOW * usual:
            break
        since = ts_ms
    figures = {"amps": middle, "usual": usual}
    if most >= NOTHING * usual:
        kind = "cold_lost" if middle < REST * usual else "cold_lost_on"
        return Finding(kind, since, tail[-1][0], figures)
    kind = "sensor_lost" if volts is None else "clamp_lost" if volts > DEAD_V else "supply_lost"
    return Finding(kind, since, tail[-1][0], figures)


def cooling_of(on_date, start_ms, end_ms, readings, spells, levels):
    """The Cooling of a day. `readings`: (ts_ms, mean, least or None) of it in order; `spells`: its Spells."""
    quiet = _quiet(readings, spells, levels)
    off = [above for _ts_ms, state, above in quiet if state == OFF and above < 0.5 * (levels.cycle_a or 1e9)]
    base = (median(off) * levels.gain + lowest(levels)) if len(off) >= 30 else None
    long_h = len(quiet) * levels.window_ms / HOUR_MS
    if not levels.cycle_a or not quiet:
        return Cooling(on_date, start_ms, end_ms, base, None, None, long_h)
    running = [(ts_ms, above > 0.5 * levels.cycle_a) for ts_ms, _state, above in quiet]
    starts = _starts(running, levels.window_ms)
    lengths = [(late - soon) / 1000 for soon, late in zip(starts, starts[1:], strict=False) if soon and late]
    duty = sum(on for _ts_ms, on in running) / len(running)
    return Cooling(
        on_date, start_ms, end_ms, base, median(lengths) if len(lengths) >= 3 else None, duty, long_h,
    )  # fmt: skip


def _quiet(readings, spells, levels):
    """[(ts_ms, state, A above that state's level)] of readings while the scanner is off or at standby."""
    amps = {}
    for state, value in levels.plateaus:
        amps.setdefault(state, []).append(value)
    out, at = [], 0
    for ts_ms, mean, least in readings:
        while at < len(spells) and spells[at].end_ms <= ts_ms:
            at += 1
        if at == len(spells):
            break
        state = spells[at].state
        if spells[at].start_ms > ts_ms or state not in (OFF, STANDBY) or state not in amps:
            continue
        mean, least = mean / levels.gain, None if least is None else least / levels.gain
        base = mean if least is None else min(mean, least + levels.bias_a)
        below = [value for value in amps[state] if value <= base + 0.5 * levels.cycle_a]
        out.append((ts_ms, state, base - max(below, default=min(amps[state]))))
    return out


def _starts(running, window_ms):
    """Instants at which the compressor starts, None at each break: what is no whole cycle is none."""
    out, on, count, last = [], None, 0, None
    for ts_ms, now in running:
        if last is not None and ts_ms - last > 2 * window_ms:
            out.append(None)
            on, count = None, 0
        last = ts_ms
        count = 0 if now == on else count + 1
        if count >= STEADY_WINDOWS:
            if on is False:
                out.append(ts_ms - (STEADY_WINDOWS - 1) * window_ms)
            on, count = now, 0
    return out


def unusual(days):
    """Findings of the last of `days` (Cooling, oldest first) beside up to six weeks before it."""
    *before, today = days
    before = [day for day in before[-DAYS_MOST:] if day.quiet_h >= QUIET_H]
    if len(before) < DAYS_LEAST or today.quiet_h < QUIET_H:
        return []
    out = []
    for name, least, rising, falling, scale, unit in RULES:
        value, values = getattr(today, name), [getattr(day, name) for day in before if getattr(day, name) is not None]
        if value is None or len(values) < DAYS_LEAST:
            continue
        usual = median(values)
        far = value - usual
        side = [abs(one - usual) for one in values if (one - usual) * far >= 0]  # the middle is of both sides
        if abs(far) > max(least * usual, TAIL * tail(side), 1.3 * reach(side)):
            figures = {"day": today.on_date, unit: value * scale, "usual": usual * scale}
            out.append(Finding(rising if far > 0 else falling, today.start_ms, today.end_ms, figures))
    return out


RULES = (  # figure, least change, finding when it rose, when it fell, shown times, as
    ("cycle_s", 0.3, "cycles_long", "cycles_short", 1 / 60, "minutes"),
    ("duty", 0.2, "duty_high", "duty_low", 100, "percent"),
    ("base_a", 0.08, "baseline_moved", "baseline_moved", 1, "amps"),
)
