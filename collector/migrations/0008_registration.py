"""What an API token may do and until when; and how each terminal was registered, with its flasher's journal."""

UP = (
    "ALTER TABLE api_token ADD COLUMN scope TEXT NOT NULL DEFAULT 'read'",
    "ALTER TABLE api_token ADD COLUMN expires_ms INTEGER",
    """CREATE TABLE registration (terminal_id TEXT PRIMARY KEY REFERENCES terminal (terminal_id), board TEXT NOT NULL,
        version TEXT NOT NULL, way TEXT NOT NULL, registered_ms INTEGER NOT NULL)""",
    """CREATE TABLE registration_line (terminal_id TEXT NOT NULL REFERENCES registration (terminal_id),
        number INTEGER NOT NULL, ts_ms INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (terminal_id, number))""",
)
DOWN = (
    "DROP TABLE registration_line",
    "DROP TABLE registration",
    "ALTER TABLE api_token DROP COLUMN expires_ms",
    "ALTER TABLE api_token DROP COLUMN scope",
)


def up(migrator, db):
    """Add columns and tables. Tokens that are there keep reading."""
    for statement in UP:
        db.execute_sql(statement)


def down(migrator, db):
    """Take them away; a token that could only provision can read then, so it goes."""
    db.execute_sql("DELETE FROM api_token WHERE scope <> 'read'")
    for statement in DOWN:
        db.execute_sql(statement)
