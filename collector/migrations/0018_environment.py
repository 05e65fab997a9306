"""Limits of the surroundings that people set; rows are only ever added."""

from collector.db.statements import drop_tables, of_statements

# Nobody has set any yet: the defaults hold.
UP = (
    """CREATE TABLE environment_limit (id INTEGER PRIMARY KEY, kind TEXT, maker TEXT, model TEXT,
    equipment_id INTEGER REFERENCES equipment (id), channel TEXT NOT NULL, what TEXT NOT NULL, place TEXT NOT NULL,
    low_alarm REAL, low_warning REAL, high_warning REAL, high_alarm REAL, source TEXT NOT NULL,
    from_ms INTEGER NOT NULL, to_ms INTEGER, reason TEXT NOT NULL, actor TEXT NOT NULL, created_ms INTEGER NOT NULL)""",
)
DOWN = drop_tables("environment_limit")

up, down = of_statements(UP, DOWN)
