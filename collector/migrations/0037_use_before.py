"""Hours and examinations of equipment from before it was measured, as people say; rows are only ever added."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE use_before (id INTEGER PRIMARY KEY, equipment_id INTEGER NOT NULL REFERENCES equipment (id),
        until_on TEXT NOT NULL, on_h REAL NOT NULL, exams INTEGER NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL,
        actor TEXT NOT NULL, ts_ms INTEGER NOT NULL)""",
    "CREATE INDEX use_before_of ON use_before (equipment_id)",
)
DOWN = drop_tables("use_before")

up, down = of_statements(UP, DOWN)
