"""Readings as chunks that come in and blocks of an hour that stay, instead of one wide row each.

source: a small number for each terminal. batch and chunk: what came, in the order it came. block: the readings of a
terminal and hour, sealed. rollup: the sums of a terminal's day, hour by hour. interval and latest go by the small
number too. Readings of before become chunks; the next sealing folds them.
"""

from itertools import groupby

import msgspec
import numpy as np

from collector.readings import blocks
from collector.readings.columns import BY_ID, INVALID, Columns, by_time, joined, states_of, values_of
from firmware.protocol.channels import BY_NAME, CHANNELS

HOUR_MS = 3_600_000

UP = (
    "CREATE TABLE source (terminal_no INTEGER PRIMARY KEY, terminal_id TEXT NOT NULL UNIQUE)",
    """CREATE TABLE batch (batch_no INTEGER PRIMARY KEY AUTOINCREMENT, carrier INTEGER NOT NULL,
        low_ms INTEGER NOT NULL, high_ms INTEGER NOT NULL)""",
    "CREATE INDEX batch_carrier ON batch (carrier, batch_no)",
    """CREATE TABLE carried (terminal_no INTEGER NOT NULL, carrier INTEGER NOT NULL,
        PRIMARY KEY (terminal_no, carrier)) WITHOUT ROWID""",
    """CREATE TABLE chunk (batch_no INTEGER NOT NULL, terminal_no INTEGER NOT NULL, part INTEGER NOT NULL,
        hour_no INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (batch_no, terminal_no, part)) WITHOUT ROWID""",
    """CREATE TABLE block (block_no INTEGER PRIMARY KEY, hours INTEGER NOT NULL, through INTEGER NOT NULL,
        body BLOB NOT NULL)""",
    "CREATE INDEX block_hours ON block (block_no) WHERE hours = 1",
    "CREATE TABLE damaged (block_no INTEGER NOT NULL, hours INTEGER NOT NULL, error TEXT NOT NULL, body BLOB NOT NULL)",
    "CREATE TABLE rollup (rollup_no INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    "ALTER TABLE interval RENAME TO old_interval",
    """CREATE TABLE interval (terminal_no INTEGER NOT NULL, what TEXT NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, PRIMARY KEY (terminal_no, what, first)) WITHOUT ROWID""",
    "ALTER TABLE latest RENAME TO old_latest",
    """CREATE TABLE latest (terminal_no INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ts_ms INTEGER NOT NULL,
        body BLOB NOT NULL)""",
    "INSERT INTO source (terminal_id) SELECT DISTINCT terminal_id FROM old_interval ORDER BY terminal_id",
    """INSERT INTO interval SELECT terminal_no, what, first, last FROM old_interval JOIN source USING (terminal_id)""",
)
DOWN = (
    """CREATE TABLE reading (terminal_id TEXT NOT NULL, ts_ms INTEGER NOT NULL, seq INTEGER NOT NULL,
        from_seq INTEGER NOT NULL, windows INTEGER NOT NULL, flags INTEGER NOT NULL, invalid INTEGER NOT NULL,
        PRIMARY KEY (terminal_id, ts_ms, seq)) WITHOUT ROWID""",
    "ALTER TABLE interval RENAME TO new_interval",
    """CREATE TABLE interval (terminal_id TEXT NOT NULL, what TEXT NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, PRIMARY KEY (terminal_id, what, first)) WITHOUT ROWID""",
    """INSERT INTO interval SELECT terminal_id, what, first, last FROM new_interval JOIN source USING (terminal_no)""",
    "DROP TABLE latest",
    """CREATE TABLE latest (terminal_id TEXT NOT NULL, channel TEXT NOT NULL, seq INTEGER NOT NULL,
        ts_ms INTEGER NOT NULL, value REAL, PRIMARY KEY (terminal_id, channel)) WITHOUT ROWID""",
    """CREATE TABLE hour (terminal_id TEXT NOT NULL, channel TEXT NOT NULL, hour_ms INTEGER NOT NULL,
        n INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, total REAL NOT NULL,
        PRIMARY KEY (terminal_id, channel, hour_ms)) WITHOUT ROWID""",
)
HOURS = """INSERT INTO hour SELECT terminal_id, '{0}', ts_ms / 3600000 * 3600000, sum(windows), min({0}), max({0}),
    sum({0} * windows) FROM reading WHERE terminal_id = ? AND {0} IS NOT NULL GROUP BY 3"""
LATEST = """INSERT INTO latest SELECT terminal_id, '{0}', seq, ts_ms, {0} FROM reading WHERE terminal_id = ?
    AND seq = (SELECT max(seq) FROM reading WHERE terminal_id = ? AND {0} IS NOT NULL)"""
NEW = ("source", "batch", "carried", "chunk", "block", "damaged", "rollup", "new_interval")
GONE = ("old_interval", "old_latest", "reading", "hour")


def up(migrator, db):
    """Make the tables and carry over what is there."""
    for statement in UP:
        db.execute_sql(statement)
    numbers = dict(db.execute_sql("SELECT terminal_id, terminal_no FROM source").fetchall())
    _carry_readings(db, numbers)
    _carry_latest(db, numbers)
    for table in GONE:
        db.execute_sql(f"DROP TABLE {table}")


def _carry_readings(db, numbers):
    """One batch for each terminal, hour and set of channels of the wide table."""
    cursor = db.execute_sql("SELECT * FROM reading ORDER BY terminal_id, ts_ms, seq")
    names = [column[0] for column in cursor.description]
    channels = [(at, BY_NAME[name]) for at, name in enumerate(names) if name in BY_NAME]
    for (terminal_id, hour_no), rows in groupby(cursor, key=lambda row: (row[0], row[1] // HOUR_MS)):
        number, by_channels = numbers[terminal_id], {}
        for row in sorted(rows, key=lambda row: row[2]):
            measured = [at for at, channel in channels if row[at] is not None or row[6] >> (channel.id - 1) & 1]
            by_channels.setdefault(tuple(measured), []).append(row)
        for measured, group in by_channels.items():
            ts_ms = [row[1] for row in group]
            sql = "INSERT INTO batch (carrier, low_ms, high_ms) VALUES (0, ?, ?)"
            batch_no = db.execute_sql(sql, (min(ts_ms), max(ts_ms))).lastrowid
            body = _packed(group, [(at, channel) for at, channel in channels if at in measured])
            db.execute_sql("INSERT INTO chunk VALUES (?, ?, 0, ?, ?)", (batch_no, number, hour_no, body))
        db.execute_sql("INSERT OR IGNORE INTO carried VALUES (?, 0)", (number,))


def _packed(rows, channels):
    """The bytes of collector/readings/chunk.py as they were when this was written."""
    seq, ts_ms = rows[0][2], rows[0][1]
    columns = (
        seq,
        [row[2] - seq for row in rows],
        ts_ms,
        [row[1] - ts_ms for row in rows],
        [row[2] - row[3] for row in rows],
        [row[4] for row in rows],
        [row[5] for row in rows],
        {
            channel.id: [None if row[at] is None else round(row[at] * channel.scale) for row in rows]
            for at, channel in channels
        },
    )
    return msgspec.msgpack.encode(columns)


def _carry_latest(db, numbers):
    rows = db.execute_sql("SELECT terminal_id, channel, seq, ts_ms, value FROM old_latest").fetchall()
    for terminal_id, group in groupby(sorted(rows), key=lambda row: row[0]):
        group = [row for row in group if row[1] in BY_NAME]
        seq, ts_ms = max((row[2], row[3]) for row in group)
        steps = {
            BY_NAME[row[1]].id: (row[2], row[3], None if row[4] is None else round(row[4] * BY_NAME[row[1]].scale))
            for row in group
        }
        body = msgspec.msgpack.encode(steps)
        db.execute_sql("INSERT INTO latest VALUES (?, ?, ?, ?)", (numbers.get(terminal_id), seq, ts_ms, body))


def down(migrator, db):
    """Make the wide table again, with every reading; its hours and latest values are made from them."""
    for statement in DOWN:
        db.execute_sql(statement)
    for channel in CHANNELS:
        db.execute_sql(f"ALTER TABLE reading ADD COLUMN {channel.name} REAL")
    for terminal_id, number in db.execute_sql("SELECT terminal_id, terminal_no FROM source").fetchall():
        found = _everything(db, number)
        if found is not None:
            _restore(db, terminal_id, found)
    for table in NEW:
        db.execute_sql(f"DROP TABLE {table}")


def _everything(db, number):
    """Columns of all readings of a terminal, out of its blocks and chunks; None when there are none."""
    kept = blocks.within(number, 0, 2**blocks.BITS)
    through, parts = blocks.through_of(kept), [blocks.unsealed(number, one) for one in kept]
    sql = "SELECT batch_no, hour_no, body FROM chunk WHERE terminal_no = ?"
    for batch_no, hour_no, body in db.execute_sql(sql, (number,)).fetchall():
        if batch_no > through.get(hour_no, 0):
            parts.append(_unpacked(body))
    return by_time(joined(parts)) if parts else None


def _unpacked(body):
    """The Columns of what `_packed` and the uploads of then have written."""
    seq, seqs, ts_ms, instants, behind, windows, flags, steps = msgspec.msgpack.decode(body)
    count = len(seqs)
    heads = [np.array(seqs) + seq, np.array(instants) + ts_ms]
    heads += [np.array(behind or [0] * count), np.array(windows or [1] * count), np.array(flags or [0] * count)]
    states = {
        channel_id: np.array([value is None for value in values], np.uint8) for channel_id, values in steps.items()
    }
    steps = {channel_id: np.array([value or 0 for value in values]) for channel_id, values in steps.items()}
    return Columns(*heads, steps, states)


def _restore(db, terminal_id, found):
    names = [BY_ID[channel_id].name for channel_id in found.steps]
    values = [
        [None if value != value else value for value in values_of(found, channel_id).tolist()]
        for channel_id in found.steps
    ]
    invalid = sum((states_of(found, channel_id) == INVALID) << (channel_id - 1) for channel_id in found.steps)
    heads = (found.ts_ms, found.seq, found.seq - found.behind, found.windows, found.flags, invalid + 0 * found.seq)
    columns = ", ".join(("terminal_id", "ts_ms", "seq", "from_seq", "windows", "flags", "invalid", *names))
    marks = ", ".join("?" * (7 + len(names)))
    rows = zip([terminal_id] * len(found.seq), *(head.tolist() for head in heads), *values, strict=True)
    db.connection().executemany(f"INSERT INTO reading ({columns}) VALUES ({marks})", list(rows))
    for name in names:
        db.execute_sql(HOURS.format(name), (terminal_id,))
        db.execute_sql(LATEST.format(name), (terminal_id, terminal_id))
