"""Readings, which numbers are stored and followed, the latest values, sums per hour, gaps and quarantine.

The columns of channels are not here: `migrate` adds one for every line of the channel table that has none yet.
"""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE reading (terminal_id TEXT NOT NULL, ts_ms INTEGER NOT NULL, seq INTEGER NOT NULL,
        from_seq INTEGER NOT NULL, windows INTEGER NOT NULL, flags INTEGER NOT NULL, invalid INTEGER NOT NULL,
        PRIMARY KEY (terminal_id, ts_ms, seq)) WITHOUT ROWID""",
    """CREATE TABLE interval (terminal_id TEXT NOT NULL, what TEXT NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, PRIMARY KEY (terminal_id, what, first)) WITHOUT ROWID""",
    """CREATE TABLE latest (terminal_id TEXT NOT NULL, channel TEXT NOT NULL, seq INTEGER NOT NULL,
        ts_ms INTEGER NOT NULL, value REAL, PRIMARY KEY (terminal_id, channel)) WITHOUT ROWID""",
    """CREATE TABLE hour (terminal_id TEXT NOT NULL, channel TEXT NOT NULL, hour_ms INTEGER NOT NULL,
        n INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, total REAL NOT NULL,
        PRIMARY KEY (terminal_id, channel, hour_ms)) WITHOUT ROWID""",
    """CREATE TABLE gap (terminal_id TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
        reason TEXT NOT NULL, PRIMARY KEY (terminal_id, from_seq, to_seq)) WITHOUT ROWID""",
    """CREATE TABLE quarantine (gateway_id TEXT NOT NULL, source_id TEXT NOT NULL, seq TEXT NOT NULL,
        code TEXT NOT NULL, error TEXT NOT NULL, body TEXT NOT NULL, received_ms INTEGER NOT NULL,
        PRIMARY KEY (gateway_id, source_id, seq, code))""",
)
DOWN = drop_tables("quarantine", "gap", "hour", "latest", "interval", "reading")

up, down = of_statements(UP, DOWN)
