"""Places, people and tokens."""

from peewee import ForeignKeyField, IntegerField, TextField

from collector.db import Table


class Institution(Table):
    name = TextField(unique=True)


class Department(Table):
    name = TextField()
    institution = ForeignKeyField(Institution)


class Room(Table):
    name = TextField()
    department = ForeignKeyField(Department)


class User(Table):
    """Who signs in. The password is kept as its argon2 hash only."""

    name = TextField(unique=True)
    password_hash = TextField()
    created_ms = IntegerField()


class ApiToken(Table):
    """A program's right to do one thing at /api/v1, its scope; kept as SHA-256."""

    name = TextField(unique=True)
    sha256 = TextField(unique=True)
    created_ms = IntegerField()
    revoked_ms = IntegerField(null=True)
    scope = TextField(default="read")
    expires_ms = IntegerField(null=True)


class SignInFailure(Table):
    """One wrong password, counted for a while against its name and its address."""

    name = TextField()
    address = TextField()
    at_ms = IntegerField(index=True)
