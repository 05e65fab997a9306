"""What has come and is not sealed yet: found by the few uploads that can hold it, never by a walk over everything."""

from functools import lru_cache

import numpy as np

from collector import db
from collector.readings import blocks, columns, incoming
from collector.readings.incoming import HOUR_MS

TAKEN_APART = 1_500  # what uploads brought of a terminal, kept at hand: an hour of one or two, some MB

_OF_TERMINAL = (
    "SELECT batch_no, low_ms, body FROM carried CROSS JOIN batch ON batch.carrier = carried.carrier "
    "WHERE terminal_no = ? AND high_ms >= ? AND low_ms < ?"
)


def of_terminal(terminal_no, from_ms, to_ms):
    """[(hour number, Columns)] of hours that overlap from_ms <= ts < to_ms. Call it inside a snapshot."""
    from_hour, to_hour = from_ms // HOUR_MS, -(-to_ms // HOUR_MS)
    parts, batches = [], []
    for batch_no, low_ms, body in db.rows(_OF_TERMINAL, (terminal_no, from_hour * HOUR_MS, to_hour * HOUR_MS)):
        for part in _taken_apart(body, terminal_no):
            parts.append(part.columns)
            batches.append((len(part.columns.seq), batch_no, low_ms))
    if not parts:
        return []
    found = columns.joined(parts)
    counts, batch_no, low_ms = (np.array(values) for values in zip(*batches, strict=True))
    hours = found.ts_ms // HOUR_MS
    wanted = (hours >= from_hour) & (hours < to_hour)
    return open_of(terminal_no, found, np.repeat(batch_no, counts), np.repeat(low_ms, counts), wanted)


@lru_cache(TAKEN_APART)
def _taken_apart(body, terminal_no):
    """The Parts of a terminal in an upload: a page asks for an hour once for each channel. Nobody changes them."""
    return incoming.unpacked(body, terminal_no)


def open_of(terminal_no, found, batch_no, low_ms, wanted):
    """[(hour number, Columns)] of a terminal's readings that stand in no block, in the order of hours.

    batch_no, low_ms: of the upload of each reading; what is before low_ms was sealed. wanted: of which it is asked.
    """
    hours = found.ts_ms // HOUR_MS
    wanted = wanted & (found.ts_ms >= low_ms)
    if not wanted.any():
        return []
    there, place = np.unique(hours[wanted], return_inverse=True)
    through = blocks.through(terminal_no, int(there[0]), int(there[-1]) + 1)
    newer = batch_no[wanted] > np.array([through.get(int(hour), 0) for hour in there])[place]
    rows = np.flatnonzero(wanted)[newer]
    rows = rows[np.argsort(hours[rows], kind="stable")]
    if not len(rows):
        return []
    cuts = np.flatnonzero(np.diff(hours[rows], prepend=-1))
    pieces = np.split(rows, cuts[1:])
    return [(int(hours[piece[0]]), columns.picked(found, piece)) for piece in pieces]
