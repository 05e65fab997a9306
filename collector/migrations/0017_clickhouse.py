"""What the register says of readings on a ClickHouse cluster: homes, and hours to be summed."""

UP = (
    "CREATE TABLE home (terminal_no INTEGER PRIMARY KEY, shard INTEGER NOT NULL)",
    """CREATE TABLE touched (terminal_no INTEGER NOT NULL, hour_no INTEGER NOT NULL, mark INTEGER NOT NULL,
        PRIMARY KEY (terminal_no, hour_no)) WITHOUT ROWID""",
    "CREATE INDEX touched_hour ON touched (hour_no)",
    "CREATE TABLE remade (number INTEGER PRIMARY KEY AUTOINCREMENT, hour_no INTEGER NOT NULL)",
)
DOWN = ("remade", "touched", "home")


def up(migrator, db):
    """Make the tables; no terminal lives on a shard."""
    for statement in UP:
        db.execute_sql(statement)


def down(migrator, db):
    """Drop them; what lies on a cluster stays there."""
    for table in DOWN:
        db.execute_sql(f"DROP TABLE {table}")
