"""Documents and photos of equipment."""


def up(migrator, db):
    """Make the table; no equipment has a document."""
    db.execute_sql(
        """CREATE TABLE document (id INTEGER PRIMARY KEY, equipment_id INTEGER NOT NULL REFERENCES equipment (id),
        file_id INTEGER NOT NULL REFERENCES file (id), kind TEXT NOT NULL, about TEXT NOT NULL, removed_by TEXT,
        why TEXT)"""
    )
    db.execute_sql("CREATE INDEX document_of ON document (equipment_id)")


def down(migrator, db):
    """Drop it; the files belong to nothing."""
    db.execute_sql("DROP TABLE document")
