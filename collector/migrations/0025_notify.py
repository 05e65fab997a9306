"""Who is told of events, by which routes, and each message with its result."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE recipient (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        wrapped TEXT NOT NULL, ended_ms INTEGER)""",
    """CREATE TABLE route (id INTEGER PRIMARY KEY, recipient_id INTEGER NOT NULL REFERENCES recipient (id),
        severity TEXT NOT NULL, equipment_id INTEGER REFERENCES equipment (id), department TEXT NOT NULL,
        days TEXT NOT NULL, from_min INTEGER NOT NULL, to_min INTEGER NOT NULL, outside TEXT NOT NULL,
        after_min INTEGER NOT NULL, ended_ms INTEGER)""",
    """CREATE TABLE notification (id INTEGER PRIMARY KEY, about TEXT NOT NULL,
        recipient_id INTEGER NOT NULL REFERENCES recipient (id), severity TEXT NOT NULL, title TEXT NOT NULL,
        text TEXT NOT NULL, link TEXT NOT NULL, made_ms INTEGER NOT NULL, next_ms INTEGER, escalated INTEGER NOT NULL,
        state TEXT NOT NULL, attempts INTEGER NOT NULL, sent_ms INTEGER, together INTEGER NOT NULL,
        result TEXT NOT NULL)""",
    "CREATE INDEX notification_about ON notification (about)",
    "CREATE INDEX notification_due ON notification (state, next_ms)",
)
# Nobody is told any more.
DOWN = drop_tables("notification", "route", "recipient")

up, down = of_statements(UP, DOWN)
