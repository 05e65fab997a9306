"""Sums per terminal, channel and hour of UTC: of sealed hours they are kept, of what just came made when asked."""

from collections import namedtuple

from collector import db
from collector.readings import hot, rollup
from collector.readings.incoming import HOUR_MS
from collector.readings.sources import number_of
from firmware.protocol.channels import BY_NAME

# n: windows counted; low, high: extremes in the channel's unit; total: sum of value times windows, total / n the mean.
Hour = namedtuple("Hour", ("channel", "hour_ms", "n", "low", "high", "total"))


def hour_of(ts_ms):
    """The start of the hour an instant is in."""
    return ts_ms - ts_ms % HOUR_MS


def hours(terminal_id, channel, from_ms, to_ms):
    """[Hour] of a channel whose hour begins in from_ms <= hour < to_ms, in order."""
    number, first, last = number_of(terminal_id), -(-from_ms // HOUR_MS), -(-to_ms // HOUR_MS)
    if number is None or first >= last:
        return []
    channel, scale = BY_NAME[channel], BY_NAME[channel].scale
    with db.snapshot():
        numbers, sums = rollup.within(number, channel.id, first, last)
        fresh = hot.of_terminal(number, first * HOUR_MS, last * HOUR_MS)
    there = sums["n"] > 0
    numbers, sums = numbers[there], sums[there]
    columns = (sums["n"], sums["low"] / scale, sums["high"] / scale, sums["total"] / scale)
    columns = (column.tolist() for column in (numbers * HOUR_MS, *columns))
    found = list(map(Hour, [channel.name] * len(numbers), *columns))
    return _with_fresh(found, fresh, channel) if fresh else found


def _with_fresh(found, fresh, channel):
    """The same with what is not sealed yet."""
    by_hour = {one.hour_ms: one for one in found}
    for hour_no, columns in fresh:
        sums = rollup.of_columns(columns).get(channel.id)
        if sums is not None:
            n, *values = sums
            new = (n, *(value / channel.scale for value in values))
            hour_ms = hour_no * HOUR_MS
            old = by_hour.get(hour_ms)
            by_hour[hour_ms] = Hour(channel.name, hour_ms, *(rollup.both(old[2:], new) if old else new))
    return [by_hour[hour_ms] for hour_ms in sorted(by_hour)]
