"""Readings of the database brought onto a cluster while the collector goes on: what is missing there, and nothing else.

So the copy may be cut and begun again as often as one likes, and a last one finds nothing to do.
"""

from collections import namedtuple

import numpy as np

from collector import db
from collector.readings import columns
from collector.readings.arrival import Arrival
from collector.readings.clickhouse.homes import settled
from collector.readings.columns import BY_ID
from collector.readings.sealed import Damaged

WINDOW_MS = 86_400_000 * 7  # of a terminal's readings, looked at together; a damaged block holds up its own
FIRST_MS = 1_577_836_800_000  # 2020; the door takes nothing older
ALL = tuple(BY_ID)
ALL_HOURS = (0, 1 << 24)

# copied: now; there: readings that both have; missing: what still is not there; damaged: what cannot be read, in words
Copied = namedtuple("Copied", ("terminal_id", "copied", "there", "missing", "damaged"))


def copy(old, new, until_ms):
    """A Copied of each terminal in turn, of readings before an instant. Raises Away: begin again when it is back."""
    for terminal_id, number in db.rows("SELECT terminal_id, terminal_no FROM source ORDER BY terminal_id"):
        with db.write():
            settled([number], list(new.cluster.shards()))
        copied = there = missing = 0
        damaged = []
        for from_ms in range(FIRST_MS, until_ms, WINDOW_MS):
            window = (number, from_ms, min(from_ms + WINDOW_MS, until_ms))
            try:
                want = _numbers(old, *window)
                if not len(want):
                    continue
                copied += _copied(old, new, terminal_id, want, *window)
            except Damaged as error:
                damaged.append(str(error))
                continue
            have = _numbers(new, *window)
            there += len(np.intersect1d(have, want, assume_unique=True))
            missing += len(np.setdiff1d(want, have, assume_unique=True))
        yield Copied(terminal_id, copied, there, missing, damaged)


def _copied(old, new, terminal_id, want, *window):
    """Copy what is missing of a window. How many readings."""
    missing = np.setdiff1d(want, _numbers(new, *window), assume_unique=True)
    if not len(missing):
        return 0
    number, from_ms, to_ms = window
    found = old.within(number, ALL, from_ms, to_ms)
    found = columns.picked(found, np.isin(found.seq, missing))
    new.keep_outside([([number], Arrival([terminal_id], np.array([0]), found))])
    return len(found.seq)


def _numbers(store, number, from_ms, to_ms):
    found = store.within(number, (), from_ms, to_ms)
    return np.array([], np.int64) if found is None else np.unique(found.seq)


def copy_sums(old, new):
    """Bring the sums of hours whose readings are gone already. How many rows."""
    count = 0
    for _terminal_id, number in db.rows("SELECT terminal_id, terminal_no FROM source ORDER BY terminal_id"):
        for channel_id in BY_ID:
            hours, sums = old.sums(number, channel_id, *ALL_HOURS)
            there = set(new.sums(number, channel_id, *ALL_HOURS)[0].tolist()) if len(hours) else ()
            rows = [(hour, *row) for hour, row in zip(hours.tolist(), sums.tolist(), strict=True) if hour not in there]
            if rows:
                new.put_sums(number, channel_id, rows)
                count += len(rows)
    return count
