"""Places, people, what they see and how they prove who they are, and tokens."""

from peewee import BlobField, ForeignKeyField, IntegerField, TextField

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
    """Who signs in. The password is kept as its argon2 hash only; it is empty until an invitation was taken."""

    name = TextField(unique=True)
    password_hash = TextField()
    created_ms = IntegerField()
    role = TextField(default="system_administrator")
    password_ms = IntegerField(default=0)
    disabled_ms = IntegerField(null=True)
    totp = BlobField(null=True)  # the second factor's secret, sealed
    totp_next = BlobField(null=True)  # one that was shown and is not proved yet
    totp_step = IntegerField(default=0)  # of the code used last: none serves twice
    zone = TextField(default="")  # time zone of what is shown; empty: the institution's
    language = TextField(default="")  # empty: as the browser wishes
    directory = IntegerField(default=0)  # 1: a directory vouches for the person and keeps the password


class PasswordPast(Table):
    """A password that somebody had before."""

    user = ForeignKeyField(User)
    password_hash = TextField()
    until_ms = IntegerField()


class UserScope(Table):
    """What somebody sees, from_ms <= now < until_ms: one of institution, department, equipment."""

    user = ForeignKeyField(User, backref="scopes")
    institution_id = IntegerField(null=True)
    department_id = IntegerField(null=True)
    equipment_id = IntegerField(null=True)
    label = TextField()
    why = TextField()
    from_ms = IntegerField()
    until_ms = IntegerField(null=True)

    @classmethod
    def held_by(cls, user, now_ms):
        """Those of a User that hold at an instant."""
        open_or_later = cls.until_ms.is_null() | (cls.until_ms > now_ms)
        return cls.select().where((cls.user == user) & (cls.from_ms <= now_ms) & open_or_later)


class RecoveryCode(Table):
    """Stands in for the second factor once; kept as SHA-256."""

    user = ForeignKeyField(User)
    sha256 = TextField()
    used_ms = IntegerField(null=True)


class Invitation(Table):
    """Lets a person set a password once; kept as SHA-256."""

    user = ForeignKeyField(User)
    sha256 = TextField(unique=True)
    expires_ms = IntegerField()
    used_ms = IntegerField(null=True)


class UserSession(Table):
    """Somebody who is signed in, at one browser; its key is kept as SHA-256."""

    user = ForeignKeyField(User, backref="sessions")
    sha256 = TextField(unique=True)
    address = TextField()
    agent = TextField()
    created_ms = IntegerField()
    seen_ms = IntegerField()
    ended_ms = IntegerField(null=True)


class ApiToken(Table):
    """A program's right to do one thing at /api/v1; it sees what its user sees. Kept as SHA-256."""

    name = TextField(unique=True)
    sha256 = TextField(unique=True)
    created_ms = IntegerField()
    revoked_ms = IntegerField(null=True)
    scope = TextField(default="read")
    expires_ms = IntegerField(null=True)
    user = ForeignKeyField(User, null=True)
    networks = TextField(default="")  # from where it serves, as networks.py writes it; empty: from everywhere
    seen_ms = IntegerField(null=True)  # used last, to the minute


class SignInFailure(Table):
    """One wrong password, counted for a while against its name and its address."""

    name = TextField()
    address = TextField()
    at_ms = IntegerField(index=True)
