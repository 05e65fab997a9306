"""What one upload brings becomes one row, instead of one for each of its terminals and hours.

The bytes of a row are those of collector/readings/incoming.py, those of a chunk as migration 0009 says.
"""

from itertools import chain

import msgspec
import numpy as np

HOUR_MS = 3_600_000
SEVERAL = ("behind", "windows", "flags")
NUMBER, NARROW, WIDE = np.dtype("<u4"), np.dtype("<i4"), np.dtype("<i8")
CHUNK = """CREATE TABLE chunk (batch_no INTEGER NOT NULL, terminal_no INTEGER NOT NULL, part INTEGER NOT NULL,
    hour_no INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (batch_no, terminal_no, part)) WITHOUT ROWID"""


def up(migrator, db):
    """Each upload takes its chunks in."""
    db.execute_sql("ALTER TABLE batch ADD COLUMN body BLOB")
    for (batch_no,) in db.execute_sql("SELECT batch_no FROM batch").fetchall():
        sql = "SELECT terminal_no, body FROM chunk WHERE batch_no = ? ORDER BY terminal_no, part"
        parts = [_part(number, body) for number, body in db.execute_sql(sql, (batch_no,)).fetchall()]
        db.execute_sql("UPDATE batch SET body = ? WHERE batch_no = ?", (msgspec.msgpack.encode(parts), batch_no))
    db.execute_sql("DROP TABLE chunk")


def _part(number, body):
    seq, seqs, ts_ms, instants, behind, windows, flags, steps = msgspec.msgpack.decode(body)
    bad = [channel_id for channel_id, values in steps.items() if None in values]
    several = zip(SEVERAL, (behind, windows, flags), strict=True)
    several = {name: values for name, values in several if values is not None}
    rows = [instants, *several.values()]
    rows += [[0 if value is None else value for value in values] for values in steps.values()]
    rows += [[int(value is None) for value in steps[channel_id]] for channel_id in bad]
    table = np.array(rows, WIDE)
    if table.min() >= -(2**31) and table.max() < 2**31:
        table = table.astype(NARROW)
    heads = (np.array([number], NUMBER), np.array([0, len(seqs)], NUMBER), np.array(seqs, WIDE) + seq)
    names = (list(several), list(steps), bad)
    return (*(head.tobytes() for head in heads), ts_ms, *names, table.tobytes())


def down(migrator, db):
    """Each upload gives its chunks back: one for each run of a terminal's readings within an hour."""
    db.execute_sql(CHUNK)
    for batch_no, low_ms, body in db.execute_sql("SELECT batch_no, low_ms, body FROM batch").fetchall():
        rows, places = [], {}
        for number, hour_no, chunk in chain.from_iterable(map(_chunks, msgspec.msgpack.decode(body))):
            if hour_no * HOUR_MS + HOUR_MS > low_ms:  # the rest is sealed
                places[number] = at = places.get(number, -1) + 1
                rows.append((batch_no, number, at, hour_no, chunk))
        db.write_many("INSERT INTO chunk VALUES (?, ?, ?, ?, ?)", rows)
    db.execute_sql("ALTER TABLE batch DROP COLUMN body")


def _chunks(part):
    numbers, starts, seq, ts_ms, which, channel_ids, bad_ids, table = part
    numbers, starts, seq = np.frombuffer(numbers, NUMBER), np.frombuffer(starts, NUMBER), np.frombuffer(seq, WIDE)
    count = len(seq)
    width = NARROW if len(table) == (1 + len(which) + len(channel_ids) + len(bad_ids)) * count * 4 else WIDE
    table = np.frombuffer(table, width).reshape(-1, count).astype(WIDE)
    instants, several = table[0] + ts_ms, dict(zip(which, table[1:], strict=False))
    steps = dict(zip(channel_ids, table[1 + len(which) :], strict=False))
    bad = dict(zip(bad_ids, table[1 + len(which) + len(channel_ids) :], strict=True))
    hours = instants // HOUR_MS
    for number, start, end in zip(numbers.tolist(), starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        cuts = [start, *(np.flatnonzero(np.diff(hours[start:end])) + start + 1).tolist(), end]
        for first, last in zip(cuts, cuts[1:], strict=False):
            rows = slice(first, last)
            listed = {channel_id: values[rows].tolist() for channel_id, values in steps.items()}
            for channel_id, states in bad.items():
                for row in np.flatnonzero(states[rows]):
                    listed[channel_id][row] = None
            heads = (int(seq[first]), (seq[rows] - seq[first]).tolist())
            times = (int(instants[first]), (instants[rows] - instants[first]).tolist())
            others = [several[name][rows].tolist() if name in several else None for name in SEVERAL]
            yield number, int(hours[first]), msgspec.msgpack.encode((*heads, *times, *others, listed))
