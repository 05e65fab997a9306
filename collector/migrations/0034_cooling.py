"""How the compressor of a magnet's cooling went on each day."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE usage_cooling (equipment_id INTEGER NOT NULL REFERENCES equipment (id), day TEXT NOT NULL,
        body TEXT NOT NULL, PRIMARY KEY (equipment_id, day))""",
)
DOWN = drop_tables("usage_cooling")

up, down = of_statements(UP, DOWN)
