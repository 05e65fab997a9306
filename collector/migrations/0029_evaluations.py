"""Evaluations of events; rows are only ever added."""

EVALUATION = """CREATE TABLE evaluation (id INTEGER PRIMARY KEY, event_id INTEGER NOT NULL REFERENCES event (id),
    ts_ms INTEGER NOT NULL, actor TEXT NOT NULL, cause TEXT NOT NULL, text TEXT NOT NULL, exams INTEGER NOT NULL,
    hours REAL NOT NULL, effect TEXT NOT NULL, improvement TEXT NOT NULL, risk TEXT NOT NULL)"""


def up(migrator, db):
    """Make the table."""
    db.execute_sql(EVALUATION)
    db.execute_sql("CREATE INDEX evaluation_of ON evaluation (event_id)")


def down(migrator, db):
    """Drop it, with what was found out."""
    db.execute_sql("DROP TABLE evaluation")
