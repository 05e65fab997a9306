"""How terminals were put up: by whom, when, where the clamp sits, with a photo; rows are only ever added."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE installation (id INTEGER PRIMARY KEY, terminal_id TEXT NOT NULL REFERENCES terminal (terminal_id),
        installed_on TEXT NOT NULL, clamp TEXT NOT NULL, phase TEXT NOT NULL, note TEXT NOT NULL,
        file_id INTEGER REFERENCES file (id), actor TEXT NOT NULL, ts_ms INTEGER NOT NULL)""",
    "CREATE INDEX installation_of ON installation (terminal_id)",
)
DOWN = drop_tables("installation")

up, down = of_statements(UP, DOWN)
