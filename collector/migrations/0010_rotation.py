"""What replaces a terminal's secret while both count, by which command, and with which secret it was registered."""

from collector.db.statements import drop_columns, of_statements

# No secret is being replaced.
UP = (
    "ALTER TABLE terminal ADD COLUMN wrapped_next BLOB",
    "ALTER TABLE terminal ADD COLUMN rotation INTEGER",
    "ALTER TABLE terminal ADD COLUMN registered_sha256 TEXT",
)
# A rotation under way is given up.
DOWN = drop_columns("terminal", "registered_sha256", "rotation", "wrapped_next")

up, down = of_statements(UP, DOWN)
