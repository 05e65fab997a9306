"""The latest value of each channel of a terminal: of the highest number, whatever the clock said.

A row keeps number and instant of the newest reading and {channel id: its steps}; a channel that reading did not measure
keeps [number, instant, steps] of its own.
"""

from collections import namedtuple
from itertools import repeat

import msgspec

from collector import db
from collector.readings.arrival import newest_of
from firmware.protocol.channels import CHANNELS

Latest = namedtuple("Latest", ("terminal_id", "channel", "seq", "ts_ms", "value"))  # value None: measured and bad

NAMES = {channel.id: (channel.name, channel.scale) for channel in CHANNELS}

# a question for others to ask within theirs: (terminal_id, instant of its newest reading) of all terminals
NEWEST = "SELECT terminal_id, latest.ts_ms FROM source JOIN latest USING (terminal_no)"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_PUT = (
    "INSERT INTO latest (terminal_no, seq, ts_ms, body) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (terminal_no) DO UPDATE SET seq = excluded.seq, ts_ms = excluded.ts_ms, body = excluded.body"
)


def follow(pairs):
    """Take over the newest of freshly stored (terminal numbers, Arrival) pairs. Call it inside a transaction."""
    numbers = list({number for some, _arrival in pairs for number in some})
    marks = ", ".join("?" * len(numbers))
    found = db.rows(f"SELECT terminal_no, seq, ts_ms, body FROM latest WHERE terminal_no IN ({marks})", numbers)
    kept = {number: (seq, ts_ms, _decode(body)) for number, seq, ts_ms, body in found}
    for some, arrival in pairs:
        for number, new in zip(some, _newest(arrival), strict=True):
            kept[number] = _merged(kept[number], new) if number in kept else new
    db.write_many(_PUT, [(number, seq, ts_ms, _encode(steps)) for number, (seq, ts_ms, steps) in kept.items()])


def _newest(arrival):
    """(number, instant, {channel id: steps}) of the highest number of each stretch."""
    rows, columns = newest_of(arrival), arrival.columns
    seq, ts_ms = columns.seq[rows].tolist(), columns.ts_ms[rows].tolist()
    values = []
    for channel_id, steps in columns.steps.items():
        steps = steps[rows].tolist()
        if channel_id in columns.states:
            states = columns.states[channel_id][rows].tolist()
            steps = [None if state else value for value, state in zip(steps, states, strict=True)]
        values.append(steps)
    for *head, steps in zip(seq, ts_ms, zip(*values, strict=True) if values else [()] * len(seq), strict=True):
        yield (*head, dict(zip(columns.steps, steps, strict=True)))


def _merged(old, new):
    """The newer of two rows, with what only the other one has."""
    if new[0] > old[0] and new[2].keys() >= old[2].keys():
        return new
    newer, older = (new, old) if new[0] > old[0] else (old, new)
    steps = dict(newer[2])
    for channel_id, value in older[2].items():
        own = value if isinstance(value, list) else [older[0], older[1], value]
        there = steps.get(channel_id)
        if channel_id not in steps or (isinstance(there, list) and there[0] < own[0]):
            steps[channel_id] = own
    return newer[0], newer[1], steps


def latest(terminal_ids):
    """[Latest] of these terminals, one per channel ever measured."""
    marks = ", ".join("?" * len(terminal_ids))
    sql = "SELECT terminal_id, seq, ts_ms, body FROM source JOIN latest USING (terminal_no) "
    sql += f"WHERE terminal_id IN ({marks})"
    out = []
    for terminal_id, newest, newest_ms, body in db.rows(sql, tuple(terminal_ids)):
        for channel_id, steps in _decode(body).items():
            seq, ts_ms = newest, newest_ms
            if type(steps) is list:
                seq, ts_ms, steps = steps
            name, scale = NAMES[channel_id]
            out.append((terminal_id, name, seq, ts_ms, None if steps is None else steps / scale))
    return list(map(tuple.__new__, repeat(Latest), out))  # as Latest(*one) would, at a third of its time


def newest():
    """{terminal_id: the instant of its newest reading} of all terminals, without opening what was measured."""
    return dict(db.rows(NEWEST))
