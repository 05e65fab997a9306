"""Limits of the surroundings that people set; rows are only ever added."""

LIMIT = """CREATE TABLE environment_limit (id INTEGER PRIMARY KEY, kind TEXT, maker TEXT, model TEXT,
    equipment_id INTEGER REFERENCES equipment (id), channel TEXT NOT NULL, what TEXT NOT NULL, place TEXT NOT NULL,
    low_alarm REAL, low_warning REAL, high_warning REAL, high_alarm REAL, source TEXT NOT NULL,
    from_ms INTEGER NOT NULL, to_ms INTEGER, reason TEXT NOT NULL, actor TEXT NOT NULL, created_ms INTEGER NOT NULL)"""


def up(migrator, db):
    """Nobody has set any yet: the defaults hold."""
    db.execute_sql(LIMIT)


def down(migrator, db):
    """Forget what was set."""
    db.execute_sql("DROP TABLE environment_limit")
