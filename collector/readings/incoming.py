"""What one upload brought, as the bytes of its row: kept as it came until its hours are sealed.

A part for each set of channels: whose readings, how many of each, their numbers, and a table of whole numbers, a row
for each column. Those of one terminal are found without taking the others apart.
"""

from collections import namedtuple

import msgspec
import numpy as np

from collector import db
from collector.readings.columns import DEFAULTS, Columns

HOUR_MS = 3_600_000
SEVERAL = ("behind", "windows", "flags")  # written down only where some reading says something else than usual
NUMBER, NARROW, WIDE = np.dtype("<u4"), np.dtype("<i4"), np.dtype("<i8")

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


def packed(pairs):
    """The bytes of [(terminal numbers, Arrival)]."""
    return _encode([_packed(np.array(numbers, NUMBER), arrival) for numbers, arrival in pairs])


def _packed(numbers, arrival):
    found = arrival.columns
    which = [name for name in SEVERAL if (getattr(found, name) != DEFAULTS[name]).any()]
    ts_ms = int(found.ts_ms[0])
    heads = (found.ts_ms - ts_ms, *(getattr(found, name) for name in which))
    table = np.array((*heads, *found.steps.values(), *found.states.values()), WIDE)
    if table.min() >= -(2**31) and table.max() < 2**31:
        table = table.astype(NARROW)
    names = (which, list(found.steps), list(found.states))
    starts = np.append(arrival.starts, len(found.seq)).astype(NUMBER)
    return (numbers.tobytes(), starts.tobytes(), found.seq.tobytes(), ts_ms, *names, table.tobytes())


def unpacked(body, terminal_no=None):
    """[Part] of these bytes: of all terminals, or what of it is one's."""
    parts = (_unpacked(one, terminal_no) for one in _decode(body))
    return [part for part in parts if part is not None]


def _unpacked(one, terminal_no):
    numbers, starts, seq, ts_ms, which, channel_ids, bad_ids, table = one
    numbers, starts = np.frombuffer(numbers, NUMBER), np.frombuffer(starts, NUMBER)
    rows, count = 1 + len(which) + len(channel_ids) + len(bad_ids), int(starts[-1])
    table = np.frombuffer(table, NARROW if len(table) == rows * count * NARROW.itemsize else WIDE).reshape(rows, count)
    seq = np.frombuffer(seq, WIDE)
    if terminal_no is not None:
        mine = np.flatnonzero(numbers == terminal_no)
        if not len(mine):
            return None
        pieces = [slice(int(starts[at]), int(starts[at + 1])) for at in mine]
        seq = np.concatenate([seq[piece] for piece in pieces])
        table = np.concatenate([table[:, piece] for piece in pieces], axis=1)
        numbers, starts = numbers[mine[:1]], np.array([0, len(seq)])
    table = iter(table.astype(np.int64))
    heads = {"seq": seq.astype(np.int64), "ts_ms": next(table) + ts_ms}
    for name in SEVERAL:
        heads[name] = next(table) if name in which else np.full(len(seq), DEFAULTS[name], np.int64)
    steps = {channel_id: next(table) for channel_id in channel_ids}
    states = {channel_id: next(table).astype(np.uint8) for channel_id in bad_ids}
    return Part(numbers, starts, Columns(**heads, steps=steps, states=states))
