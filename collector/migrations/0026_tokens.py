"""From where a token serves, when it was used last; time zone and language of a person."""

from collector.db.statements import drop_columns, of_statements

# Tokens serve from everywhere, people see the institution's zone.
UP = (
    "ALTER TABLE api_token ADD COLUMN networks TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE api_token ADD COLUMN seen_ms INTEGER",
    "ALTER TABLE user ADD COLUMN zone TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE user ADD COLUMN language TEXT NOT NULL DEFAULT ''",
)
DOWN = (*drop_columns("user", "language", "zone"), *drop_columns("api_token", "seen_ms", "networks"))

up, down = of_statements(UP, DOWN)
