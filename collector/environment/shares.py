"""How much of its time an equipment's surroundings were within limits, day by day.

An hour counts by its sums where its extremes leave nothing open; where they lie on both sides of a level, each of its
readings is looked at. Time in which nothing valid was measured is neither good nor bad. docs/environment.md.
"""

from collections import namedtuple
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

import numpy as np

from collector import readings
from collector.environment import judge
from collector.environment.indicators import CHANGE
from collector.environment.inherit import BOUNDS, stretches
from collector.environment.models import all_rules
from collector.equipment import Binding
from collector.readings import HOUR_MS
from firmware.protocol.channels import BY_NAME

KEPT = 4_000  # days of an indicator that were looked at reading by reading; at most 20 MB


class Share(namedtuple("Share", ("within_s", "warning_s", "alarm_s", "unmeasured_s"))):
    """Seconds within limits, outside the warning limit only, outside the alarm limit, and without a valid value."""

    @property
    def measured_s(self):
        """Seconds with valid values."""
        return self.within_s + self.warning_s + self.alarm_s

    @property
    def within_pct(self):
        """The part of the measured time that was within limits; None when nothing was measured."""
        return 100 * self.within_s / self.measured_s if self.measured_s else None


NOTHING = Share(0, 0, 0, 0)


def added(shares):
    """The Share of several that do not overlap."""
    return Share(*map(sum, zip(NOTHING, *shares, strict=True)))


def shares(machine, first_on, last_on, zone, now_ms):
    """{(Indicator, place): {day: Share}} of the days of a zone for everything that was measured and has a limit."""
    days = [first_on + timedelta(days=n) for n in range((last_on - first_on).days + 1)]
    days = [(day, *readings.bounds_of(day, zone)) for day in days]
    from_ms, to_ms = days[0][1], min(days[-1][2], now_ms)
    rules, found = all_rules(), {}
    for binding in Binding.within(machine, from_ms, to_ms):
        span = max(from_ms, binding.from_ms), min(to_ms, binding.to_ms or to_ms)
        measured = {one.channel for one in readings.latest([binding.terminal_id])} & set(binding.channels)
        for indicator, parts in stretches(rules, machine, binding.place, *span).items():
            if indicator.channel in measured:
                line = _line(machine, binding, indicator.channel, span, now_ms)
                _count(found.setdefault((indicator, binding.place), {}), line, indicator, parts, days)
    return found


# hours: {start: Hour}; begun_ms: when measuring began; window_s: what one window stands for
_Line = namedtuple("_Line", ("terminal_id", "hours", "begun_ms", "window_s", "now_ms"))


def _line(machine, binding, channel, span, now_ms):
    first_ms, last_ms = readings.hour_of(span[0]) - HOUR_MS, span[1] + HOUR_MS
    hours = readings.hours(binding.terminal_id, channel, first_ms, last_ms)
    begun_ms = min(machine.created_ms, hours[0].hour_ms) if hours else machine.created_ms
    window_s = _window_s(binding.terminal_id, max(hours, key=lambda one: one.n)) if hours else 0
    hours = {one.hour_ms: one for one in hours}
    return _Line(binding.terminal_id, hours, max(binding.from_ms, begun_ms), window_s, now_ms)


@lru_cache(KEPT)
def _window_s(terminal_id, hour):
    """How long a window is, from the usual distance of the readings in an hour, or from how many there are."""
    found = readings.span(terminal_id, (hour.channel,), hour.hour_ms, hour.hour_ms + HOUR_MS)
    if found is None or len(found.ts_ms) < 2:
        return 3600 / hour.n
    return float(np.median(np.diff(found.ts_ms) / found.windows[1:])) / 1000


def _count(days_found, line, indicator, parts, days):
    """Add the Share of each day that a line's stretches reach."""
    for start_ms, end_ms, rule in parts:
        for day, day_ms, next_ms in days:
            from_ms, to_ms = max(start_ms, day_ms, line.begun_ms), min(end_ms, next_ms)
            if from_ms < to_ms:
                share = (_changes if indicator.what == CHANGE else _values)(line, rule, from_ms, to_ms)
                days_found[day] = added([days_found.get(day, NOTHING), share])


def _values(line, rule, from_ms, to_ms):
    """The Share of a piece of one day under one rule."""
    counts, looked_at = judge.NONE, []
    for hour_ms in range(readings.hour_of(from_ms), to_ms, HOUR_MS):
        hour = line.hours.get(hour_ms)
        if hour is None:
            continue
        whole = hour_ms >= from_ms and (hour_ms + HOUR_MS <= to_ms or to_ms == line.now_ms)
        told = judge.of_hour(rule, hour) if whole else None
        if told is None:
            looked_at.append(hour)
        else:
            counts = judge.both(counts, told)
    if looked_at:
        levels = tuple(getattr(rule, bound) for bound in BOUNDS)
        counts = judge.both(counts, _looked_at(line.terminal_id, tuple(looked_at), levels, from_ms, to_ms))
    return _share(counts, line.window_s, (to_ms - from_ms) / 1000)


@lru_cache(KEPT)
def _looked_at(terminal_id, hours, levels, from_ms, to_ms):
    """The Counts of hours of one day from their readings. A late reading changes its Hour, and so is asked for anew."""
    rule, counts = _Levels(*levels), judge.NONE
    first_ms, last_ms = max(hours[0].hour_ms, from_ms), min(hours[-1].hour_ms + HOUR_MS, to_ms)
    channel = hours[0].channel
    found = readings.span(terminal_id, (channel,), first_ms, last_ms)
    if found is None:
        return counts
    values = readings.values_of(found, BY_NAME[channel].id)
    wanted = np.isfinite(values) & np.isin(found.ts_ms // HOUR_MS, [one.hour_ms // HOUR_MS for one in hours])
    return judge.of_values(rule, values[wanted], found.windows[wanted])


_Levels = namedtuple("_Levels", BOUNDS)


def _changes(line, rule, from_ms, to_ms):
    """The same for a change within an hour: the mean of each whole hour beside that of the hour before it."""
    counts, first_ms = judge.NONE, -(-from_ms // HOUR_MS) * HOUR_MS
    starts = range(first_ms - HOUR_MS, to_ms - HOUR_MS + 1, HOUR_MS)
    for before, hour in pairwise(line.hours.get(hour_ms) for hour_ms in starts):
        if before and hour:
            change = abs(hour.total / hour.n - before.total / before.n)
            counts = judge.both(counts, judge.NONE._replace(**{judge.verdict(rule, change): 1}))
    return _share(counts, 3600, 3600 * max(0, len(starts) - 1))


def _share(counts, window_s, length_s):
    """Windows as seconds, never more than the time they are of."""
    if not length_s:
        return NOTHING
    seconds = [count * window_s for count in counts]
    too_much = max(1.0, sum(seconds) / length_s)
    seconds = [one / too_much for one in seconds]
    return Share(*seconds, length_s - sum(seconds))
