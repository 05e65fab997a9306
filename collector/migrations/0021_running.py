"""Running state: learned levels in versions, what units did hour by hour, examinations, corrections, findings."""

from collector.db.statements import drop_tables, of_statements

# Nothing is learned yet.
UP = (
    """CREATE TABLE unit (binding_id INTEGER PRIMARY KEY REFERENCES binding (id), through INTEGER NOT NULL,
        learn_ms INTEGER NOT NULL, judged TEXT NOT NULL)""",
    "CREATE TABLE unsettled (binding_id INTEGER NOT NULL, hour_no INTEGER NOT NULL, PRIMARY KEY (binding_id, hour_no))",
    """CREATE TABLE learned (id INTEGER PRIMARY KEY, binding_id INTEGER NOT NULL REFERENCES binding (id),
        from_ms INTEGER NOT NULL, made_ms INTEGER NOT NULL, seen_from_ms INTEGER NOT NULL, seen_to_ms INTEGER NOT NULL,
        why TEXT NOT NULL, review_ms INTEGER, body TEXT NOT NULL)""",
    "CREATE INDEX learned_of ON learned (binding_id, from_ms)",
    """CREATE TABLE usage_day (binding_id INTEGER NOT NULL, day_no INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (binding_id, day_no)) WITHOUT ROWID""",
    """CREATE TABLE exam (id INTEGER PRIMARY KEY, equipment_id INTEGER NOT NULL REFERENCES equipment (id),
        binding_id INTEGER, source TEXT NOT NULL, source_key TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER,
        count INTEGER NOT NULL, sure REAL, body_part TEXT, protocol TEXT, actor TEXT)""",
    "CREATE UNIQUE INDEX exam_once ON exam (equipment_id, source, source_key)",
    "CREATE INDEX exam_when ON exam (equipment_id, start_ms)",
    """CREATE TABLE usage_correction (id INTEGER PRIMARY KEY, equipment_id INTEGER NOT NULL REFERENCES equipment (id),
        day TEXT NOT NULL, what TEXT NOT NULL, value REAL NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL,
        ts_ms INTEGER NOT NULL)""",
    "CREATE INDEX usage_correction_of ON usage_correction (equipment_id, day)",
    """CREATE TABLE daily_qc (id INTEGER PRIMARY KEY, equipment_id INTEGER NOT NULL REFERENCES equipment (id),
        day TEXT NOT NULL, result TEXT NOT NULL, note TEXT NOT NULL, actor TEXT NOT NULL, ts_ms INTEGER NOT NULL)""",
    "CREATE INDEX daily_qc_of ON daily_qc (equipment_id, day)",
    """CREATE TABLE usage_finding (id INTEGER PRIMARY KEY, equipment_id INTEGER NOT NULL REFERENCES equipment (id),
        kind TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, made_ms INTEGER NOT NULL,
        figures TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX usage_finding_once ON usage_finding (equipment_id, kind, from_ms)",
    "CREATE INDEX record_of_steps ON record (source_id, seq) WHERE kind = 'mpps'",
)
# Readings stay, and can be learned from again.
DOWN = (
    "DROP INDEX record_of_steps",
    *drop_tables("usage_finding", "daily_qc", "usage_correction", "exam", "usage_day", "learned", "unsettled", "unit"),
)

up, down = of_statements(UP, DOWN)
