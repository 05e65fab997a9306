"""Sums per hour: what the readings of an hour come to, and 24 of them as one row for each terminal and day of UTC.

An hour's sums are always those of all its sealed readings, made anew when late ones come, never grown:
repeated and late data cannot make them wrong.
"""

import zlib

import msgspec
import numpy as np

from collector import db
from collector.readings import columns
from firmware.protocol.channels import BY_NAME

HOURS = 24
BITS = 20  # of a day's number inside a row's
SUMMED = frozenset(BY_NAME[name].id for name in ("charge_as",))  # a reading of several windows holds their sum

# n: valid windows; low, high: extremes; total: sum of value times windows. low, high, total in the channel's steps
FIELDS = np.dtype([("n", "<u4"), ("low", "<i4"), ("high", "<i4"), ("total", "<i8")])


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


def within(terminal_no, channel_id, from_hour, to_hour):
    """(hour numbers, array of FIELDS) of from_hour <= hour < to_hour, of every day that has a row, in order."""
    first, last = max(from_hour // HOURS, 0), min(-(-to_hour // HOURS), 1 << BITS)
    sql = "SELECT rollup_no, body FROM rollup WHERE rollup_no >= ? AND rollup_no < ? ORDER BY rollup_no"
    days, arrays = [], []
    for number, body in db.rows(sql, ((terminal_no << BITS) + first, (terminal_no << BITS) + last)):
        packed = msgspec.msgpack.decode(body).get(channel_id)
        if packed is not None:
            days.append(number & (1 << BITS) - 1)
            arrays.append(zlib.decompress(packed))
    numbers = (np.array(days, np.int64)[:, None] * HOURS + np.arange(HOURS)).reshape(-1)
    sums = np.frombuffer(b"".join(arrays), FIELDS)
    inside = slice(*np.searchsorted(numbers, (from_hour, to_hour)))
    return numbers[inside], sums[inside]


def put(terminal_no, hours):
    """Keep {hour number: {channel id: sums}} in place of what was there. Call it inside a transaction."""
    by_day = {}
    for hour_no, sums in hours.items():
        by_day.setdefault(hour_no // HOURS, {})[hour_no % HOURS] = sums
    for day_no, day in by_day.items():
        _put_day((terminal_no << BITS) + day_no, day)


def _put_day(number, day):
    found = db.rows("SELECT body FROM rollup WHERE rollup_no = ?", (number,))
    kept = msgspec.msgpack.decode(found[0][0]) if found else {}
    arrays = {channel_id: np.frombuffer(zlib.decompress(packed), FIELDS).copy() for channel_id, packed in kept.items()}
    for channel_id in {channel_id for sums in day.values() for channel_id in sums} | set(arrays):
        array = arrays.setdefault(channel_id, np.zeros(HOURS, FIELDS))
        for hour, sums in day.items():
            array[hour] = sums.get(channel_id, (0, 0, 0, 0))
    body = msgspec.msgpack.encode({channel_id: zlib.compress(array.tobytes()) for channel_id, array in arrays.items()})
    sql = (
        "INSERT INTO rollup (rollup_no, body) VALUES (?, ?) ON CONFLICT (rollup_no) DO UPDATE SET body = excluded.body"
    )
    db.write_many(sql, [(number, body)])
