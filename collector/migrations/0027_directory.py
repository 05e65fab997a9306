"""Whom a directory vouches for."""


def up(migrator, db):
    """Everybody so far has a password of our own."""
    db.execute_sql("ALTER TABLE user ADD COLUMN directory INTEGER NOT NULL DEFAULT 0")


def down(migrator, db):
    """Who came from a directory stays, and cannot sign in without an invitation."""
    db.execute_sql("ALTER TABLE user DROP COLUMN directory")
