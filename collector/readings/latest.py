"""The latest value of each channel of a terminal: of the highest number, whatever the clock said."""

from collections import namedtuple

from collector import db
from collector.readings.columns import HEAD

Latest = namedtuple("Latest", ("terminal_id", "channel", "seq", "ts_ms", "value"))  # value None: measured and bad


def follow(terminal_id, names, rows):
    """Take over the newest of freshly stored rows. Call it inside a transaction."""
    newest = max(rows, key=lambda row: row[2])
    values = newest[len(HEAD) :]
    db.write_many(
        "INSERT INTO latest (terminal_id, channel, seq, ts_ms, value) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (terminal_id, channel) DO UPDATE SET seq = excluded.seq, ts_ms = excluded.ts_ms, "
        "value = excluded.value WHERE excluded.seq > latest.seq",
        [(terminal_id, name, newest[2], newest[1], value) for name, value in zip(names, values, strict=True)],
    )


def latest(terminal_ids):
    """[Latest] of these terminals, one per channel ever measured."""
    marks = ", ".join("?" * len(terminal_ids))
    sql = f"SELECT terminal_id, channel, seq, ts_ms, value FROM latest WHERE terminal_id IN ({marks})"
    return [Latest(*row) for row in db.rows(sql, tuple(terminal_ids))]
