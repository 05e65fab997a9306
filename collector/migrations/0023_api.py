"""What programs send: answers kept for a day by their idempotency key, and the reason of a change."""

from collector.db.statements import drop_columns, drop_tables, of_statements

# Earlier changes have no reason.
UP = (
    """CREATE TABLE api_answer (caller TEXT NOT NULL, key TEXT NOT NULL, asked TEXT NOT NULL,
        status INTEGER NOT NULL, media TEXT NOT NULL, body BLOB NOT NULL, made_ms INTEGER NOT NULL,
        PRIMARY KEY (caller, key))""",
    "ALTER TABLE equipment_change ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
)
DOWN = (*drop_columns("equipment_change", "reason"), *drop_tables("api_answer"))

up, down = of_statements(UP, DOWN)
