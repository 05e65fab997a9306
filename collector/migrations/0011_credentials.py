"""A gateway's next credential and the certificates of both; since when one counts, and whether it is to go."""

UP = (
    "ALTER TABLE gateway ADD COLUMN certificate_sha256 TEXT",
    "ALTER TABLE gateway ADD COLUMN next_sha256 TEXT",
    "ALTER TABLE gateway ADD COLUMN next_certificate_sha256 TEXT",
    "ALTER TABLE gateway ADD COLUMN credential_ms INTEGER",
    "ALTER TABLE gateway ADD COLUMN renew INTEGER NOT NULL DEFAULT 0",
)
DOWN = ("renew", "credential_ms", "next_certificate_sha256", "next_sha256", "certificate_sha256")


def up(migrator, db):
    """Add the columns; the credentials that are there go on."""
    for statement in UP:
        db.execute_sql(statement)


def down(migrator, db):
    """Take them away; a credential that was not used yet is forgotten."""
    for column in DOWN:
        db.execute_sql(f"ALTER TABLE gateway DROP COLUMN {column}")
