"""Figures of days in a zone: put together from hours of UTC, and from quarter hours where the zone is off the hour."""

from collections import namedtuple
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from collector.readings import rollup
from collector.readings.hours import hours
from collector.readings.incoming import HOUR_MS
from collector.readings.sources import numbered, numbers_of
from collector.readings.span import span
from firmware.protocol.channels import BY_NAME

QUARTER_MS = HOUR_MS // 4

# day: a date; n: windows counted; low, high: extremes in the channel's unit; total / n: the mean
Day = namedtuple("Day", ("day", "n", "low", "high", "total"))


def bounds_of(day, zone):
    """The instants (ms) at which a date begins and ends in a zone; 23 or 25 hours apart where clocks are changed."""
    there = ZoneInfo(zone)
    ends = (datetime(one.year, one.month, one.day, tzinfo=there) for one in (day, day + timedelta(days=1)))
    return tuple(int(end.timestamp()) * 1000 for end in ends)


def days(terminal_id, channel, first_on, last_on, zone):
    """[Day] of a channel for first_on <= day <= last_on, none where nothing valid was measured."""
    found, one = [], first_on
    while one <= last_on:
        sums = _sums_of(terminal_id, channel, *bounds_of(one, zone))
        if sums is not None:
            found.append(Day(one, *sums))
        one += timedelta(days=1)
    return found


def _sums_of(terminal_id, channel, from_ms, to_ms):
    """(n, low, high, total) of a span that begins and ends on quarter hours; None without a valid value."""
    first_ms, last_ms = -(-from_ms // HOUR_MS) * HOUR_MS, to_ms // HOUR_MS * HOUR_MS
    parts = [one[2:] for one in hours(terminal_id, channel, first_ms, last_ms)]
    for edge in ((from_ms, first_ms), (last_ms, to_ms)):
        part = _edge(terminal_id, channel, *edge) if edge[0] < edge[1] else None
        parts += [part] if part else []
    if not parts:
        return None
    sums = parts[0]
    for part in parts[1:]:
        sums = rollup.both(sums, part)
    return sums


def _edge(terminal_id, channel, from_ms, to_ms):
    """The same of a part of an hour, from its readings."""
    found, known = span(terminal_id, (channel,), from_ms, to_ms), BY_NAME[channel]
    sums = rollup.of_columns(found).get(known.id) if found else None
    return sums and (sums[0], *(value / known.scale for value in sums[1:]))


def put_states(terminal_id, quarters):
    """Keep {start of a quarter hour in ms: seconds in each of STATE_NAMES}. Call it inside a transaction.

    They replace what was there, so that whoever follows a terminal anew may say them again.
    """
    number = numbered([terminal_id])[terminal_id]
    rollup.put_states(number, {ts_ms // QUARTER_MS: seconds for ts_ms, seconds in quarters.items()})


def state_quarters(terminal_id, from_ms, to_ms):
    """Seconds in each of STATE_NAMES, an array with a row for each quarter hour that begins in the span."""
    number = numbers_of([terminal_id]).get(terminal_id, 0)
    return rollup.states_within(number, -(-from_ms // QUARTER_MS), -(-to_ms // QUARTER_MS))


def states(terminal_id, first_on, last_on, zone, from_ms=0, to_ms=None):
    """Seconds in each of STATE_NAMES, an array with a row for each day of first_on to last_on.

    Of a terminal that spoke of something from from_ms to to_ms only, those: a quarter hour counts where it began.
    """
    days = range((last_on - first_on).days + 1)
    cuts = np.array([bounds_of(first_on + timedelta(days=n), zone)[0] // QUARTER_MS for n in days])
    begins = np.arange(cuts[0], bounds_of(last_on, zone)[1] // QUARTER_MS) * QUARTER_MS
    quarters = state_quarters(terminal_id, int(begins[0]), int(begins[-1]) + QUARTER_MS)
    quarters[(begins < from_ms) | (begins >= (to_ms or begins[-1] + 1))] = 0
    return np.add.reduceat(quarters, cuts - cuts[0])
