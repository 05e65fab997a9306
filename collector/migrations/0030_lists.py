"""How many years a piece of equipment is expected to serve, and lists of the register that people have kept."""

from collector.db.statements import drop_columns, drop_tables, of_statements

# Nothing is expected of any yet.
UP = (
    "ALTER TABLE equipment ADD COLUMN expected_years INTEGER",
    """CREATE TABLE register_view (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id),
        name TEXT NOT NULL, asked TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX register_view_name ON register_view (user_id, name)",
)
DOWN = (*drop_tables("register_view"), *drop_columns("equipment", "expected_years"))

up, down = of_statements(UP, DOWN)
