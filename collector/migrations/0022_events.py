"""Rules that people made, events with every step on their way, and whiles in which nobody wants to hear of some."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE rule_version (id INTEGER PRIMARY KEY, number INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT,
        maker TEXT, model TEXT, equipment_id INTEGER REFERENCES equipment (id), body TEXT NOT NULL,
        from_ms INTEGER NOT NULL, to_ms INTEGER, reason TEXT NOT NULL, actor TEXT NOT NULL)""",
    """CREATE TABLE event (id INTEGER PRIMARY KEY, equipment_id INTEGER REFERENCES equipment (id),
        subject TEXT NOT NULL, rule TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, severity TEXT NOT NULL,
        state TEXT NOT NULL, version INTEGER NOT NULL, began_ms INTEGER NOT NULL, raised_ms INTEGER NOT NULL,
        known_ms INTEGER NOT NULL, cleared_ms INTEGER, due_ms INTEGER, late INTEGER NOT NULL, shelved INTEGER NOT NULL,
        times INTEGER NOT NULL, owner TEXT NOT NULL, merged_into_id INTEGER REFERENCES event (id), said TEXT NOT NULL,
        context TEXT NOT NULL)""",
    "CREATE INDEX event_of ON event (subject, rule, raised_ms)",
    "CREATE INDEX event_open ON event (state, severity)",
    "CREATE INDEX event_equipment ON event (equipment_id, raised_ms)",
    """CREATE TABLE step (id INTEGER PRIMARY KEY, event_id INTEGER NOT NULL REFERENCES event (id),
        ts_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL,
        files TEXT NOT NULL)""",
    "CREATE INDEX step_of ON step (event_id)",
    """CREATE TABLE shelf (id INTEGER PRIMARY KEY, equipment_id INTEGER NOT NULL REFERENCES equipment (id),
        rule TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, reason TEXT NOT NULL,
        actor TEXT NOT NULL)""",
)
# Gone with it: what was recognised and done.
DOWN = drop_tables("shelf", "step", "event", "rule_version")

up, down = of_statements(UP, DOWN)
