"""What is sealed gateway by gateway is found so; whether anything is to be sealed, an index alone says."""

from collector.db.statements import of_statements

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

up, down = of_statements(UP, DOWN)
