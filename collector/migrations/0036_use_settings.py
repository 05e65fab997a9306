"""What energy costs, what the mains are and which days are free: for all, or for a part; rows are only ever added."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE use_setting (id INTEGER PRIMARY KEY, institution_id INTEGER REFERENCES institution (id),
        department_id INTEGER REFERENCES department (id), kind TEXT, equipment_id INTEGER REFERENCES equipment (id),
        name TEXT NOT NULL, value TEXT, from_on TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL,
        created_ms INTEGER NOT NULL)""",
)
DOWN = drop_tables("use_setting")

up, down = of_statements(UP, DOWN)
