"""Sums per hour: what the readings of an hour come to, and 24 of them as one row for each terminal and day of UTC.

An hour's sums are always those of all its sealed readings, made anew when late ones come, never grown:
repeated and late data cannot make them wrong. Only where a block of the hour was damaged and set aside do they grow,
because what it held can no longer be counted. The row also has room for the seconds in each running state.
"""

import zlib

import msgspec
import numpy as np

from collector import db
from collector.readings import columns
from firmware.protocol.channels import BY_NAME

HOURS, QUARTERS = 24, 96  # of a row
STATES = 0  # where the channel's number would be
STATE_NAMES = ("off", "standby", "ready", "working")
BITS = 20  # of a day's number inside a row's
SUMMED = frozenset(BY_NAME[name].id for name in ("charge_as",))  # a reading of several windows holds their sum

# n: valid windows; low, high: extremes; total: sum of value times windows. low, high, total in the channel's steps
FIELDS = np.dtype([("n", "<u4"), ("low", "<i4"), ("high", "<i4"), ("total", "<i8")])


SECONDS = np.dtype("<u2")
_PUT = "INSERT INTO rollup (rollup_no, body) VALUES (?, ?) ON CONFLICT (rollup_no) DO UPDATE SET body = excluded.body"
_decode = msgspec.msgpack.Decoder().decode


def of_columns(found):
    """{channel id: (n, low, high, total)} of the valid values."""
    out = {}
    for channel_id, steps in found.steps.items():
        windows = found.windows
        if channel_id in found.states:
            valid = found.states[channel_id] == columns.VALID
            steps, windows = steps[valid], windows[valid]
        if len(steps):
            total = steps.sum() if channel_id in SUMMED else (steps * windows).sum()
            out[channel_id] = (int(windows.sum()), int(steps.min()), int(steps.max()), int(total))
    return out


def both(one, other):
    """The sums of two sets of readings that share none."""
    return (one[0] + other[0], min(one[1], other[1]), max(one[2], other[2]), one[3] + other[3])


def in_order(by_hour):
    """(hour numbers, array of FIELDS) of {hour number: sums}, in the order of time."""
    numbers = sorted(by_hour)
    return np.array(numbers, np.int64), np.array([by_hour[number] for number in numbers], FIELDS)


def within(terminal_no, channel_id, from_hour, to_hour):
    """(hour numbers, array of FIELDS) of from_hour <= hour < to_hour, of every day that has a row, in order."""
    first, last = max(from_hour // HOURS, 0), min(-(-to_hour // HOURS), 1 << BITS)
    sql = "SELECT rollup_no, body FROM rollup WHERE rollup_no >= ? AND rollup_no < ? ORDER BY rollup_no"
    days, arrays = [], []
    for number, body in db.rows(sql, ((terminal_no << BITS) + first, (terminal_no << BITS) + last)):
        packed = _decode(body).get(channel_id)
        if packed is not None:
            days.append(number & (1 << BITS) - 1)
            arrays.append(zlib.decompress(packed))
    numbers = (np.array(days, np.int64)[:, None] * HOURS + np.arange(HOURS)).reshape(-1)
    sums = np.frombuffer(b"".join(arrays), FIELDS)
    inside = slice(*np.searchsorted(numbers, (from_hour, to_hour)))
    return numbers[inside], sums[inside]


def put(terminal_no, hours):
    """Keep {hour number: {channel id: sums}} in place of what was there. Call it inside a transaction."""
    for day_no, day in _by_day(hours).items():
        kept = _kept(terminal_no, day_no)
        arrays = {channel_id: _array(packed) for channel_id, packed in kept.items() if channel_id != STATES}
        for channel_id in {channel_id for sums in day.values() for channel_id in sums} | set(arrays):
            array = arrays.setdefault(channel_id, np.zeros(HOURS, FIELDS))
            for hour, sums in day.items():
                array[hour] = sums.get(channel_id, (0, 0, 0, 0))
        _keep(terminal_no, day_no, kept | {channel_id: _packed(array) for channel_id, array in arrays.items()})


def grow(terminal_no, hours):
    """Add {hour number: {channel id: sums}} to what is there. Call it inside a transaction."""
    for day_no, day in _by_day(hours).items():
        kept = _kept(terminal_no, day_no)
        for hour, sums in day.items():
            for channel_id, more in sums.items():
                array = _array(kept[channel_id]) if channel_id in kept else np.zeros(HOURS, FIELDS)
                array[hour] = both(array[hour].item(), more) if array[hour]["n"] else more
                kept[channel_id] = _packed(array)
        _keep(terminal_no, day_no, kept)


def put_states(terminal_no, quarters):
    """Keep {quarter hour's number: seconds in each of STATE_NAMES}. Call it inside a transaction."""
    by_day = {}
    for quarter_no, seconds in quarters.items():
        by_day.setdefault(quarter_no // QUARTERS, {})[quarter_no % QUARTERS] = seconds
    for day_no, day in by_day.items():
        kept = _kept(terminal_no, day_no)
        array = np.zeros((QUARTERS, len(STATE_NAMES)), SECONDS)
        if STATES in kept:
            array[:] = np.frombuffer(kept[STATES], SECONDS).reshape(array.shape)
        for quarter, seconds in day.items():
            array[quarter] = seconds
        _keep(terminal_no, day_no, kept | {STATES: array.tobytes()})


def states_within(terminal_no, from_quarter, to_quarter):
    """Seconds in each of STATE_NAMES for every quarter hour from <= quarter < to, 0 where nothing is known."""
    out = np.zeros((to_quarter - from_quarter, len(STATE_NAMES)), np.int64)
    days = (from_quarter // QUARTERS, -(-to_quarter // QUARTERS))
    sql = "SELECT rollup_no, body FROM rollup WHERE rollup_no >= ? AND rollup_no < ?"
    for number, body in db.rows(sql, tuple((terminal_no << BITS) + day_no for day_no in days)):
        packed = _decode(body).get(STATES)
        if packed is not None:
            first = (number & (1 << BITS) - 1) * QUARTERS - from_quarter
            found = np.frombuffer(packed, SECONDS).reshape(QUARTERS, -1)
            start, end = max(first, 0), min(first + QUARTERS, len(out))
            out[start:end] = found[start - first : end - first]
    return out


def _by_day(hours):
    by_day = {}
    for hour_no, sums in hours.items():
        by_day.setdefault(hour_no // HOURS, {})[hour_no % HOURS] = sums
    return by_day


def _kept(terminal_no, day_no):
    found = db.rows("SELECT body FROM rollup WHERE rollup_no = ?", ((terminal_no << BITS) + day_no,))
    return _decode(found[0][0]) if found else {}


def _keep(terminal_no, day_no, kept):
    db.write_many(_PUT, [((terminal_no << BITS) + day_no, msgspec.msgpack.encode(kept))])


def _array(packed):
    return np.frombuffer(zlib.decompress(packed), FIELDS).copy()


def _packed(array):
    return zlib.compress(array.tobytes())
