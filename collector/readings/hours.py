"""Sums per terminal, channel and hour of UTC: of sealed hours they are kept, of what just came made when asked."""

from collections import namedtuple
from itertools import repeat

from collector.readings.incoming import HOUR_MS
from collector.readings.sources import number_of
from collector.readings.stores import store
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
    numbers, sums = store().sums(number, channel.id, first, last)
    columns = (sums["n"], sums["low"] / scale, sums["high"] / scale, sums["total"] / scale)
    columns = (column.tolist() for column in (numbers * HOUR_MS, *columns))
    found = zip(repeat(channel.name), *columns, strict=False)
    return list(map(tuple.__new__, repeat(Hour), found))  # as Hour(*one) would, at a third of its time
