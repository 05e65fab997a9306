"""People who sign in, tokens of programs, and the places equipment stands in."""

from collector.db.statements import drop_tables, of_statements

UP = (
    "CREATE TABLE institution (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE department (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
        institution_id INTEGER NOT NULL REFERENCES institution (id), UNIQUE (institution_id, name))""",
    """CREATE TABLE room (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
        department_id INTEGER NOT NULL REFERENCES department (id), UNIQUE (department_id, name))""",
    """CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL,
        created_ms INTEGER NOT NULL)""",
    """CREATE TABLE api_token (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL UNIQUE,
        created_ms INTEGER NOT NULL, revoked_ms INTEGER)""",
    """CREATE TABLE sign_in_failure (id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL,
        at_ms INTEGER NOT NULL)""",
    "CREATE INDEX sign_in_failure_at_ms ON sign_in_failure (at_ms)",
)
DOWN = drop_tables("sign_in_failure", "api_token", "user", "room", "department", "institution")

up, down = of_statements(UP, DOWN)
