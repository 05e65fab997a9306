"""Documents and photos of equipment."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE document (id INTEGER PRIMARY KEY, equipment_id INTEGER NOT NULL REFERENCES equipment (id),
        file_id INTEGER NOT NULL REFERENCES file (id), kind TEXT NOT NULL, about TEXT NOT NULL, removed_by TEXT,
        why TEXT)""",
    "CREATE INDEX document_of ON document (equipment_id)",
)
# The files belong to nothing then.
DOWN = drop_tables("document")

up, down = of_statements(UP, DOWN)
