"""Gateways and their credentials, terminals and their wrapped secrets, what gateways report and what was refused."""

from collector.db.statements import drop_tables, of_statements

UP = (
    """CREATE TABLE gateway (id INTEGER PRIMARY KEY, gateway_id TEXT NOT NULL UNIQUE, credential_sha256 TEXT UNIQUE,
        version TEXT, created_ms INTEGER NOT NULL, enrolled_ms INTEGER, seen_ms INTEGER, revoked_ms INTEGER)""",
    """CREATE TABLE enrolment_code (id INTEGER PRIMARY KEY, gateway_id INTEGER NOT NULL REFERENCES gateway (id),
        sha256 TEXT NOT NULL UNIQUE, expires_ms INTEGER NOT NULL, used_ms INTEGER)""",
    """CREATE TABLE terminal (terminal_id TEXT PRIMARY KEY, wrapped_secret BLOB NOT NULL,
        gateway_id INTEGER REFERENCES gateway (id), created_ms INTEGER NOT NULL, revoked_ms INTEGER)""",
    """CREATE TABLE record (gateway_id INTEGER NOT NULL REFERENCES gateway (id), source_id TEXT NOT NULL,
        seq INTEGER NOT NULL, kind TEXT NOT NULL, ts_ms INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (gateway_id, source_id, seq))""",
    """CREATE TABLE refusal (interface TEXT NOT NULL, gateway TEXT NOT NULL, terminal TEXT NOT NULL,
        code TEXT NOT NULL, count INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        PRIMARY KEY (interface, gateway, terminal, code))""",
)
DOWN = drop_tables("refusal", "record", "terminal", "enrolment_code", "gateway")

up, down = of_statements(UP, DOWN)
