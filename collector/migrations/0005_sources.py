"""A terminal may lack a secret: it is then a source that its gateway asks, a Modbus, SNMP or DICOM peer."""

COLUMNS = "terminal_id, wrapped_secret, gateway_id, created_ms, revoked_ms"
TABLE = """CREATE TABLE terminal_new (terminal_id TEXT PRIMARY KEY, wrapped_secret BLOB{},
    gateway_id INTEGER REFERENCES gateway (id), created_ms INTEGER NOT NULL, revoked_ms INTEGER)"""


def up(migrator, db):
    """Let the secret be absent. SQLite changes a column by making the table anew."""
    _remake(db, "", "TRUE")


def down(migrator, db):
    """Ask for a secret again; sources, which have none, go."""
    _remake(db, " NOT NULL", "wrapped_secret IS NOT NULL")


def _remake(db, constraint, which):
    db.execute_sql(TABLE.format(constraint))
    db.execute_sql(f"INSERT INTO terminal_new ({COLUMNS}) SELECT {COLUMNS} FROM terminal WHERE {which}")
    db.execute_sql("DROP TABLE terminal")
    db.execute_sql("ALTER TABLE terminal_new RENAME TO terminal")
