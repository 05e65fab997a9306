"""What one upload brought, as the bytes of its row: kept as it came until its hours are sealed.

A part for each set of channels: whose readings, how many of each, and a table of whole numbers, a row for each column.
"""

from collections import namedtuple

import msgspec
import numpy as np

from collector import db
from collector.readings import planes
from collector.readings.columns import DEFAULTS, Columns

HOUR_MS = 3_600_000
SEVERAL = ("behind", "windows", "flags")  # written down only where some reading says something else than usual

# numbers: of the terminals; starts: the first row of each, and how many rows there are at the end
Part = namedtuple("Part", ("numbers", "starts", "columns"))

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def keep(pairs, carrier):
    """Keep (terminal numbers, Arrival) pairs as the row of their upload. Call it inside a transaction."""
    instants = [arrival.columns.ts_ms for _numbers, arrival in pairs]
    span = (int(min(ts_ms.min() for ts_ms in instants)), int(max(ts_ms.max() for ts_ms in instants)))
    sql = "INSERT INTO batch (carrier, low_ms, high_ms, body) VALUES (?, ?, ?, ?)"
    db.insert(sql, (carrier, *span, packed(pairs)))


def forget(which, parameters):
    """Drop uploads that the SQL condition `which` names. Call it inside a transaction.

    The last of all stays: the next one is numbered after it, and no number is ever given twice.
    """
    db.change(f"DELETE FROM batch WHERE batch_no < (SELECT max(batch_no) FROM batch) AND {which}", parameters)


def packed(pairs):
    """The bytes of [(terminal numbers, Arrival)]."""
    return _encode([_packed(numbers, arrival) for numbers, arrival in pairs])


def _packed(numbers, arrival):
    found = arrival.columns
    which = [name for name in SEVERAL if (getattr(found, name) != DEFAULTS[name]).any()]
    heads = (found.seq, found.ts_ms, *(getattr(found, name) for name in which))
    table = np.array((*heads, *found.steps.values(), *found.states.values()), np.int64)
    names = (which, list(found.steps), list(found.states))
    owners = planes.packed(np.array((numbers, arrival.starts)))
    return (len(numbers), owners, len(found.seq), *names, planes.packed(table))


def unpacked(body, terminal_no=None):
    """[Part] of these bytes: of all terminals, or what of it is one's."""
    parts = (_unpacked(one, terminal_no) for one in _decode(body))
    return [part for part in parts if part is not None]


def _unpacked(one, terminal_no):
    terminals, owners, count, which, channel_ids, bad_ids, table = one
    numbers, starts = planes.unpacked(owners, 2, terminals)
    mine = np.flatnonzero(numbers == terminal_no)
    if terminal_no is not None and not len(mine):
        return None
    starts = np.append(starts, count)
    table = planes.unpacked(table, 2 + len(which) + len(channel_ids) + len(bad_ids), count)
    if terminal_no is not None:
        table = np.concatenate([table[:, starts[at] : starts[at + 1]] for at in mine], axis=1)
        numbers, starts = numbers[mine[:1]], np.array([0, table.shape[1]])
    rows = iter(table)
    heads = {"seq": next(rows), "ts_ms": next(rows)}
    for name in SEVERAL:
        heads[name] = next(rows) if name in which else np.full(table.shape[1], DEFAULTS[name], np.int64)
    steps = {channel_id: next(rows) for channel_id in channel_ids}
    states = {channel_id: next(rows).astype(np.uint8) for channel_id in bad_ids}
    return Part(numbers, starts, Columns(**heads, steps=steps, states=states))
