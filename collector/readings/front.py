"""What stands foremost of a gateway's terminals: the run of numbers that ends with the highest, and the latest values.

One row for all terminals that a gateway carries, so that an upload changes one place and not two for each terminal.
Numbers below a run stand in the ledger. A terminal that went from one gateway to another stands in the fronts of both:
what is stored is all of what they hold, its latest value that of the highest number.
"""

from collections import namedtuple
from threading import Lock

import msgspec
import numpy as np

from collector import db
from collector.readings import planes
from collector.readings.columns import ABSENT, VALID

# numbers: of the terminals, rising; first, seq: the run, seq 0 where there is none; ts_ms: the instant of number seq;
# channels: {channel id: Newest}. All arrays are as long as numbers.
Front = namedtuple("Front", ("numbers", "first", "seq", "ts_ms", "channels"))
Newest = namedtuple("Newest", ("seq", "ts_ms", "steps", "states"))  # seq 0: never measured

HEADS = ("numbers", "first", "seq", "ts_ms")
_PUT = (
    "INSERT INTO front (carrier, terminals, heads, body) VALUES (?, ?, ?, ?) ON CONFLICT (carrier) "
    "DO UPDATE SET terminals = excluded.terminals, heads = excluded.heads, body = excluded.body"
)
_ROW = "SELECT carrier, terminals, heads, body FROM front WHERE carrier"
_OF = f"{_ROW} IN (SELECT carrier FROM carried WHERE terminal_no IN ({{}}))"

KNOWN_MOST = 1024
_known, _lock = {}, Lock()  # carrier: (the bytes, the Front they say); most gateways bring nothing between two looks


def of_carrier(carrier):
    """The Front of a gateway, by its number, to be changed; an empty one where it brought nothing yet."""
    for row in db.rows(f"{_ROW} = ?", (carrier,)):
        *heads, channels = _opened(*row)
        channels = {channel_id: Newest(*(one.copy() for one in newest)) for channel_id, newest in channels.items()}
        return Front(*(one.copy() for one in heads), channels)
    return Front(*(np.zeros(0, np.int64) for _name in HEADS), {})


def of_terminals(numbers):
    """[Front] of every gateway that ever brought one of these terminals; to be read, never changed."""
    return [_opened(*row) for row in db.rows(_OF.format(", ".join("?" * len(numbers))), tuple(numbers))]


def every():
    """Each Front there is, without its channels."""
    for terminals, heads in db.rows("SELECT terminals, heads FROM front"):
        yield Front(*_heads(terminals, heads), {})


def put(carrier, front):
    """Keep a gateway's Front, which is not to be changed any more. Call it inside a transaction."""
    lags = np.array((front.numbers, front.seq - front.first, front.seq, front.ts_ms))
    said = (planes.packed(lags), _body(front))
    db.write_many(_PUT, [(carrier, len(front.numbers), *said)])
    _know(carrier, said, front)


def place_of(front, numbers):
    """Where these terminals stand in a Front that holds them all."""
    return np.searchsorted(front.numbers, numbers)


def with_places(front, numbers):
    """The same Front with a place for each of these terminals, an array without repeats."""
    at = np.searchsorted(front.numbers, numbers)
    if len(front.numbers) and (front.numbers.take(at, mode="clip") == numbers).all():
        return front
    new = np.setdiff1d(numbers, front.numbers)
    at = np.searchsorted(front.numbers, new)
    heads = (np.insert(getattr(front, name), at, 0) for name in HEADS[1:])
    channels = {
        channel_id: Newest(*(np.insert(values, at, 0) for values in newest))
        for channel_id, newest in front.channels.items()
    }
    return Front(np.insert(front.numbers, at, new), *heads, channels)


def newest_of(front, channel_id):
    """The Newest of a channel, made where none of these terminals has measured it yet."""
    if channel_id not in front.channels:
        front.channels[channel_id] = Newest(*(np.zeros(len(front.numbers), np.int64) for _name in Newest._fields))
    return front.channels[channel_id]


def _body(front):
    """Of a channel only what says more than its terminals' heads: nearly always the steps alone."""
    if not front.channels:
        return msgspec.msgpack.encode(([], b""))
    seq, ts_ms, steps, states = (np.array(rows) for rows in zip(*front.channels.values(), strict=True))
    never = seq == 0
    lags = [np.where(never, 0, mine - there) for mine, there in zip(front[2:4], (seq, ts_ms), strict=True)]
    table = np.stack((steps, *lags, np.where(never, ABSENT, states)), axis=1)
    says = table.any(axis=2)
    says[:, 0] = True
    parts = [(channel_id, *several) for channel_id, several in zip(front.channels, says[:, 1:].tolist(), strict=True)]
    return msgspec.msgpack.encode((parts, planes.packed(table[says])))


def _heads(terminals, heads):
    numbers, length, seq, ts_ms = planes.unpacked(heads, len(HEADS), terminals)
    return numbers, seq - length, seq, ts_ms


def _opened(carrier, terminals, *said):
    """The Front of a row, which is not to be changed: the same as before where the bytes are."""
    known = _known.get(carrier)
    if known is None or known[0] != said:
        known = _know(carrier, said, _unpacked(terminals, *said))
    return known[1]


def _know(carrier, said, front):
    with _lock:
        if carrier not in _known and len(_known) >= KNOWN_MOST:
            _known.pop(next(iter(_known)))
        _known[carrier] = known = (said, front)
    return known


def _unpacked(terminals, heads, body):
    front = Front(*_heads(terminals, heads), {})
    parts, packed = msgspec.msgpack.decode(body)
    count = sum(1 + sum(several) for _channel_id, *several in parts)
    rows = iter(planes.unpacked(packed, count, terminals) if count else ())
    for channel_id, *several in parts:
        steps = next(rows)
        behind, late, states = (next(rows) if says else np.zeros(terminals, np.int64) for says in several)
        never = states == ABSENT
        seq, ts_ms = (np.where(never, 0, mine - lag) for mine, lag in zip(front[2:4], (behind, late), strict=True))
        front.channels[channel_id] = Newest(seq, ts_ms, steps, np.where(never, VALID, states))
    return front
