"""Commands to terminals with every change of their state, and what each terminal said of itself last."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE command (id INTEGER PRIMARY KEY, terminal_id TEXT NOT NULL, gateway TEXT, verb TEXT NOT NULL,
        body TEXT NOT NULL, issuer TEXT NOT NULL, reason TEXT NOT NULL, created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL, state TEXT NOT NULL)""",
    "CREATE INDEX command_state ON command (state, terminal_id)",
    """CREATE TABLE command_step (command_id INTEGER NOT NULL REFERENCES command (id), state TEXT NOT NULL,
        ts_ms INTEGER NOT NULL, result TEXT, PRIMARY KEY (command_id, state))""",
    """CREATE TABLE terminal_status (terminal_id TEXT PRIMARY KEY, ts_ms INTEGER NOT NULL, body TEXT NOT NULL)""",
)
DOWN = drop_tables("terminal_status", "command_step", "command")

up, down = of_statements(UP, DOWN)
