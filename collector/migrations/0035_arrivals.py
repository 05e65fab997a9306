"""Files that come in parts, and the parts that are there."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE arrival (id INTEGER PRIMARY KEY, about TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER,
        held INTEGER NOT NULL, actor TEXT NOT NULL, began_ms INTEGER NOT NULL, touched_ms INTEGER NOT NULL,
        ended_ms INTEGER, file_id INTEGER REFERENCES file (id))""",
    "CREATE INDEX arrival_ended ON arrival (ended_ms)",
    """CREATE TABLE part (id INTEGER PRIMARY KEY, arrival_id INTEGER NOT NULL REFERENCES arrival (id),
        at INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL)""",
    "CREATE INDEX part_of ON part (arrival_id, at)",
)
# What is under way stays in its folder and belongs to nobody.
DOWN = drop_tables("part", "arrival")

up, down = of_statements(UP, DOWN)
