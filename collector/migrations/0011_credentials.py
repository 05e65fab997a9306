"""A gateway's next credential and the certificates of both; since when one counts, and whether it is to go."""

from collector.db.statements import drop_columns, of_statements

# The credentials that are there go on.
UP = (
    "ALTER TABLE gateway ADD COLUMN certificate_sha256 TEXT",
    "ALTER TABLE gateway ADD COLUMN next_sha256 TEXT",
    "ALTER TABLE gateway ADD COLUMN next_certificate_sha256 TEXT",
    "ALTER TABLE gateway ADD COLUMN credential_ms INTEGER",
    "ALTER TABLE gateway ADD COLUMN renew INTEGER NOT NULL DEFAULT 0",
)
# A credential that was not used yet is forgotten.
DOWN = drop_columns("gateway", "renew", "credential_ms", "next_certificate_sha256", "next_sha256", "certificate_sha256")

up, down = of_statements(UP, DOWN)
