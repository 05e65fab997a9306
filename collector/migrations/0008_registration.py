"""What an API token may do and until when; and how each terminal was registered, with its flasher's journal."""

from collector.db.statements import drop_columns, drop_tables, of_statements

# Tokens that are there keep reading.
UP = (
    "ALTER TABLE api_token ADD COLUMN scope TEXT NOT NULL DEFAULT 'read'",
    "ALTER TABLE api_token ADD COLUMN expires_ms INTEGER",
    """CREATE TABLE registration (terminal_id TEXT PRIMARY KEY REFERENCES terminal (terminal_id), board TEXT NOT NULL,
        version TEXT NOT NULL, way TEXT NOT NULL, registered_ms INTEGER NOT NULL)""",
    """CREATE TABLE registration_line (terminal_id TEXT NOT NULL REFERENCES registration (terminal_id),
        number INTEGER NOT NULL, ts_ms INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (terminal_id, number))""",
)
# A token that could only provision could read then, so it goes.
DOWN = (
    "DELETE FROM api_token WHERE scope <> 'read'",
    *drop_tables("registration_line", "registration"),
    *drop_columns("api_token", "expires_ms", "scope"),
)

up, down = of_statements(UP, DOWN)
