"""What the register says of readings on a ClickHouse cluster: homes, and hours to be summed."""

from collector.db.statements import drop_tables, of_statements

# No terminal lives on a shard.
UP = (
    "CREATE TABLE home (terminal_no INTEGER PRIMARY KEY, shard INTEGER NOT NULL)",
    """CREATE TABLE touched (terminal_no INTEGER NOT NULL, hour_no INTEGER NOT NULL, mark INTEGER NOT NULL,
        PRIMARY KEY (terminal_no, hour_no)) WITHOUT ROWID""",
    "CREATE INDEX touched_hour ON touched (hour_no)",
    "CREATE TABLE remade (number INTEGER PRIMARY KEY AUTOINCREMENT, hour_no INTEGER NOT NULL)",
)
# What lies on a cluster stays there.
DOWN = drop_tables("remade", "touched", "home")

up, down = of_statements(UP, DOWN)
