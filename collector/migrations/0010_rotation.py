"""What replaces a terminal's secret while both count, by which command, and with which secret it was registered."""

UP = (
    "ALTER TABLE terminal ADD COLUMN wrapped_next BLOB",
    "ALTER TABLE terminal ADD COLUMN rotation INTEGER",
    "ALTER TABLE terminal ADD COLUMN registered_sha256 TEXT",
)
DOWN = ("registered_sha256", "rotation", "wrapped_next")


def up(migrator, db):
    """Add the columns; no secret is being replaced."""
    for statement in UP:
        db.execute_sql(statement)


def down(migrator, db):
    """Take them away; a rotation under way is given up."""
    for column in DOWN:
        db.execute_sql(f"ALTER TABLE terminal DROP COLUMN {column}")
