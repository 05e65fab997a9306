"""Up to which upload each follower has seen what was stored, and what it remembers of each terminal."""

from collector.db.statements import drop_tables, of_statements

# What follows begins with what comes from now on.
UP = (
    "CREATE TABLE follower (name TEXT PRIMARY KEY, through INTEGER NOT NULL)",
    """CREATE TABLE remembered (name TEXT NOT NULL, terminal_id TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (name, terminal_id)) WITHOUT ROWID""",
)
# Intervals are what is stored.
DOWN = drop_tables("remembered", "follower")

up, down = of_statements(UP, DOWN)
