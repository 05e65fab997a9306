"""Roles and rights of people: what they see and until when, their second factor, sessions, invitations."""

from collector.db.statements import drop_columns, drop_tables, of_statements

# Who could sign in so far is a system administrator.
UP = (
    "ALTER TABLE user ADD COLUMN role TEXT NOT NULL DEFAULT 'system_administrator'",
    "ALTER TABLE user ADD COLUMN password_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE user ADD COLUMN disabled_ms INTEGER",
    "ALTER TABLE user ADD COLUMN totp BLOB",
    "ALTER TABLE user ADD COLUMN totp_next BLOB",
    "ALTER TABLE user ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0",
    "UPDATE user SET password_ms = created_ms",
    """CREATE TABLE password_past (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id),
        password_hash TEXT NOT NULL, until_ms INTEGER NOT NULL)""",
    """CREATE TABLE user_scope (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id),
        institution_id INTEGER REFERENCES institution (id), department_id INTEGER REFERENCES department (id),
        equipment_id INTEGER REFERENCES equipment (id), label TEXT NOT NULL, why TEXT NOT NULL,
        from_ms INTEGER NOT NULL, until_ms INTEGER)""",
    "CREATE INDEX user_scope_user ON user_scope (user_id)",
    """CREATE TABLE recovery_code (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id),
        sha256 TEXT NOT NULL, used_ms INTEGER)""",
    """CREATE TABLE invitation (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id),
        sha256 TEXT NOT NULL UNIQUE, expires_ms INTEGER NOT NULL, used_ms INTEGER)""",
    """CREATE TABLE user_session (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user (id),
        sha256 TEXT NOT NULL UNIQUE, address TEXT NOT NULL, agent TEXT NOT NULL, created_ms INTEGER NOT NULL,
        seen_ms INTEGER NOT NULL, ended_ms INTEGER)""",
    "CREATE INDEX user_session_user ON user_session (user_id)",
    "ALTER TABLE api_token ADD COLUMN user_id INTEGER REFERENCES user (id)",
)
# Everybody who can sign in sees everything again.
DOWN = (
    *drop_columns("api_token", "user_id"),
    *drop_tables("user_session", "invitation", "recovery_code", "user_scope", "password_past"),
    *drop_columns("user", "totp_step", "totp_next", "totp", "disabled_ms", "password_ms", "role"),
)

up, down = of_statements(UP, DOWN)
