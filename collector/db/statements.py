"""Migrations that are nothing but statements: what they run to go up, what to go down."""


def of_statements(up, down):
    """The pair (up, down) that the runner of migrations calls, each running its statements in order."""
    return _running(up), _running(down)


def _running(statements):
    def run(_migrator, db):
        for statement in statements:
            db.execute_sql(statement)

    return run


def drop_tables(*tables):
    """The statements that drop these tables, in this order."""
    return tuple(f"DROP TABLE {table}" for table in tables)


def drop_columns(table, *columns):
    """The statements that take columns from a table, in this order."""
    return tuple(f"ALTER TABLE {table} DROP COLUMN {column}" for column in columns)
