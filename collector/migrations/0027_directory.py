"""Whom a directory vouches for."""

from collector.db.statements import drop_columns, of_statements

# Everybody so far has a password of our own.
UP = ("ALTER TABLE user ADD COLUMN directory INTEGER NOT NULL DEFAULT 0",)
# Who came from a directory stays, and cannot sign in without an invitation.
DOWN = drop_columns("user", "directory")

up, down = of_statements(UP, DOWN)
