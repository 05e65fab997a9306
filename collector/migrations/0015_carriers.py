"""What is sealed gateway by gateway is found so; whether anything is to be sealed, an index alone says."""

UP = (
    "CREATE INDEX carried_carrier ON carried (carrier)",
    "DROP INDEX batch_carrier",
    "CREATE INDEX batch_carrier ON batch (carrier, batch_no, low_ms, high_ms)",
)
DOWN = (
    "DROP INDEX batch_carrier",
    "CREATE INDEX batch_carrier ON batch (carrier, batch_no)",
    "DROP INDEX carried_carrier",
)


def up(migrator, db):
    """Make the indexes."""
    for statement in UP:
        db.execute_sql(statement)


def down(migrator, db):
    """Have those of before."""
    for statement in DOWN:
        db.execute_sql(statement)
