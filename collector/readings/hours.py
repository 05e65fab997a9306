"""Sums per terminal, channel and hour of UTC, grown with every reading and therefore true under late data."""

from collections import namedtuple

from collector import db
from collector.readings.columns import HEAD

HOUR_MS = 3_600_000

# n: windows counted; low, high: extremes in the channel's unit; total: sum of value times windows, total / n the mean.
Hour = namedtuple("Hour", ("channel", "hour_ms", "n", "low", "high", "total"))


def hour_of(ts_ms):
    """The start of the hour an instant is in."""
    return ts_ms - ts_ms % HOUR_MS


def follow(terminal_id, names, rows):
    """Add freshly stored rows to their hours. Call it inside a transaction."""
    db.write_many(
        "INSERT INTO hour (terminal_id, channel, hour_ms, n, low, high, total) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (terminal_id, channel, hour_ms) DO UPDATE SET n = n + excluded.n, low = min(low, excluded.low), "
        "high = max(high, excluded.high), total = total + excluded.total",
        [(terminal_id, *hour) for hour in sums(names, rows)],
    )


def sums(names, rows):
    """[Hour] over rows in the order of HEAD and then of `names`; what was measured and bad counts nowhere."""
    by_hour = {}
    for row in rows:
        by_hour.setdefault(hour_of(row[1]), []).append(row)
    out = []
    for hour_ms, group in by_hour.items():
        for at, name in enumerate(names, len(HEAD)):
            pairs = [(row[at], row[4]) for row in group if row[at] is not None]
            if pairs:
                values = [value for value, _windows in pairs]
                total = sum(value * windows for value, windows in pairs)
                out.append(Hour(name, hour_ms, sum(w for _value, w in pairs), min(values), max(values), total))
    return out


def hours(terminal_id, channel, from_ms, to_ms):
    """[Hour] of a channel whose hour begins in from_ms <= hour < to_ms, in order."""
    sql = (
        "SELECT channel, hour_ms, n, low, high, total FROM hour "
        "WHERE terminal_id = ? AND channel = ? AND hour_ms >= ? AND hour_ms < ? ORDER BY hour_ms"
    )
    return [Hour(*row) for row in db.rows(sql, (terminal_id, channel, from_ms, to_ms))]
