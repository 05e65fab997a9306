"""What programs send: answers kept for a day by their idempotency key, and the reason of a change."""


def up(migrator, db):
    """Make room for them; earlier changes have no reason."""
    db.execute_sql(
        """CREATE TABLE api_answer (caller TEXT NOT NULL, key TEXT NOT NULL, asked TEXT NOT NULL,
        status INTEGER NOT NULL, media TEXT NOT NULL, body BLOB NOT NULL, made_ms INTEGER NOT NULL,
        PRIMARY KEY (caller, key))"""
    )
    db.execute_sql("ALTER TABLE equipment_change ADD COLUMN reason TEXT NOT NULL DEFAULT ''")


def down(migrator, db):
    """Take them away."""
    db.execute_sql("ALTER TABLE equipment_change DROP COLUMN reason")
    db.execute_sql("DROP TABLE api_answer")
