"""From where a token serves, when it was used last; time zone and language of a person."""

COLUMNS = (
    ("api_token", "networks TEXT NOT NULL DEFAULT ''"),
    ("api_token", "seen_ms INTEGER"),
    ("user", "zone TEXT NOT NULL DEFAULT ''"),
    ("user", "language TEXT NOT NULL DEFAULT ''"),
)


def up(migrator, db):
    """Add them: tokens serve from everywhere, people see the institution's zone."""
    for table, column in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column}")


def down(migrator, db):
    """Take them away."""
    for table, column in reversed(COLUMNS):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column.split(' ')[0]}")
