"""Up to which upload each follower has seen what was stored, and what it remembers of each terminal."""

UP = (
    "CREATE TABLE follower (name TEXT PRIMARY KEY, through INTEGER NOT NULL)",
    """CREATE TABLE remembered (name TEXT NOT NULL, terminal_id TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (name, terminal_id)) WITHOUT ROWID""",
)
DOWN = ("remembered", "follower")


def up(migrator, db):
    """Make the tables; what follows begins with what comes from now on."""
    for statement in UP:
        db.execute_sql(statement)


def down(migrator, db):
    """Drop them; intervals are what is stored."""
    for table in DOWN:
        db.execute_sql(f"DROP TABLE {table}")
