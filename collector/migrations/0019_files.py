"""Files people bring; their contents lie beside the database."""

from collector.db.statements import drop_tables, of_statements

# No file is kept.
UP = (
    """CREATE TABLE file (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
        bytes INTEGER NOT NULL, actor TEXT NOT NULL, kept_ms INTEGER NOT NULL, dropped_ms INTEGER)""",
    "CREATE INDEX file_sha256 ON file (sha256)",
)
# The contents stay in their folder and belong to nobody.
DOWN = drop_tables("file")

up, down = of_statements(UP, DOWN)
