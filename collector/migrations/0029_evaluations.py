"""Evaluations of events; rows are only ever added."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE evaluation (id INTEGER PRIMARY KEY, event_id INTEGER NOT NULL REFERENCES event (id),
    ts_ms INTEGER NOT NULL, actor TEXT NOT NULL, cause TEXT NOT NULL, text TEXT NOT NULL, exams INTEGER NOT NULL,
    hours REAL NOT NULL, effect TEXT NOT NULL, improvement TEXT NOT NULL, risk TEXT NOT NULL)""",
    "CREATE INDEX evaluation_of ON evaluation (event_id)",
)
DOWN = drop_tables("evaluation")

up, down = of_statements(UP, DOWN)
