"""Who did what: rows that only grow, each held to the one before, and the head they have grown to."""

from collector.db.statements import drop_tables, of_statements

# Nothing has been done yet.
UP = (
    """CREATE TABLE audit_row (number INTEGER PRIMARY KEY, ts_ms INTEGER NOT NULL, actor TEXT NOT NULL,
        role TEXT NOT NULL, address TEXT NOT NULL, action TEXT NOT NULL, record TEXT NOT NULL, outcome TEXT NOT NULL,
        before TEXT, after TEXT, mac TEXT NOT NULL)""",
    "CREATE INDEX audit_row_ts_ms ON audit_row (ts_ms)",
    """CREATE TABLE audit_head (id INTEGER PRIMARY KEY, number INTEGER NOT NULL, mac TEXT NOT NULL,
        sent INTEGER NOT NULL)""",
    "INSERT INTO audit_head (id, number, mac, sent) VALUES (1, 0, '', 0)",
)
DOWN = drop_tables("audit_head", "audit_row")

up, down = of_statements(UP, DOWN)
