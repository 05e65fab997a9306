"""Files people bring; their contents lie beside the database."""

UP = (
    """CREATE TABLE file (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
        bytes INTEGER NOT NULL, actor TEXT NOT NULL, kept_ms INTEGER NOT NULL, dropped_ms INTEGER)""",
    "CREATE INDEX file_sha256 ON file (sha256)",
)


def up(migrator, db):
    """Make the table; no file is kept."""
    for statement in UP:
        db.execute_sql(statement)


def down(migrator, db):
    """Drop it; the contents stay in their folder and belong to nobody."""
    db.execute_sql("DROP TABLE file")
