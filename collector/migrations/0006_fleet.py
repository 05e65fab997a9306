"""Commands to terminals with every change of their state, and what each terminal said of itself last."""

UP = (
    """CREATE TABLE command (id INTEGER PRIMARY KEY, terminal_id TEXT NOT NULL, gateway TEXT, verb TEXT NOT NULL,
        body TEXT NOT NULL, issuer TEXT NOT NULL, reason TEXT NOT NULL, created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL, state TEXT NOT NULL)""",
    "CREATE INDEX command_state ON command (state, terminal_id)",
    """CREATE TABLE command_step (command_id INTEGER NOT NULL REFERENCES command (id), state TEXT NOT NULL,
        ts_ms INTEGER NOT NULL, result TEXT, PRIMARY KEY (command_id, state))""",
    """CREATE TABLE terminal_status (terminal_id TEXT PRIMARY KEY, ts_ms INTEGER NOT NULL, body TEXT NOT NULL)""",
)
DOWN = ("terminal_status", "command_step", "command")


def up(migrator, db):
    """Make the tables."""
    for statement in UP:
        db.execute_sql(statement)


def down(migrator, db):
    """Drop them."""
    for table in DOWN:
        db.execute_sql(f"DROP TABLE {table}")
