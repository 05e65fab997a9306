"""The equipment whose health is watched, and which terminal watches it from when to when."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE equipment (id INTEGER PRIMARY KEY, asset_number TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
        kind TEXT NOT NULL, maker TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL,
        room_id INTEGER NOT NULL REFERENCES room (id), created_ms INTEGER NOT NULL)""",
    """CREATE TABLE binding (id INTEGER PRIMARY KEY, terminal_id TEXT NOT NULL, channel_group TEXT NOT NULL,
        equipment_id INTEGER NOT NULL REFERENCES equipment (id), place TEXT NOT NULL,
        from_ms INTEGER NOT NULL, to_ms INTEGER)""",
    "CREATE INDEX binding_equipment ON binding (equipment_id, from_ms)",
    "CREATE INDEX binding_terminal ON binding (terminal_id, from_ms)",
)
DOWN = drop_tables("binding", "equipment")

up, down = of_statements(UP, DOWN)
