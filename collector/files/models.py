"""What is known of the files that are kept; the same content is kept once, however often it was brought."""

from peewee import ForeignKeyField, IntegerField, TextField, fn

from collector import db
from collector.db import Table


class File(Table):
    """One file somebody brought; what it belongs to is said by the room that took it in."""

    sha256 = TextField()
    kind = TextField()
    name = TextField()
    bytes = IntegerField()
    actor = TextField()
    kept_ms = IntegerField()
    dropped_ms = IntegerField(null=True)

    @classmethod
    def bytes_kept(cls):
        """How much all contents take that are not dropped, each counted once."""
        each = "SELECT DISTINCT sha256, bytes FROM file WHERE dropped_ms IS NULL"
        return int(db.rows(f"SELECT COALESCE(SUM(bytes), 0) FROM ({each}) AS each_once")[0][0])

    @classmethod
    def holds(cls, sha256):
        """Whether a content belongs to a file that is not dropped."""
        return cls.select().where((cls.sha256 == sha256) & cls.dropped_ms.is_null()).exists()


class Arrival(Table):
    """A file that comes in parts, one behind the other; the row stays: who asks again hears what became of it."""

    about = TextField()  # what it will belong to, as the room that takes it in says it
    name = TextField()
    bytes = IntegerField(null=True)  # of the whole; none while it is still being made
    held = IntegerField()  # bytes that are on the disk, checked
    actor = TextField()
    began_ms = IntegerField()
    touched_ms = IntegerField()
    ended_ms = IntegerField(null=True)
    file = ForeignKeyField(File, null=True)

    @classmethod
    def under_way(cls, about, actor):
        """A query of those somebody has not brought to their end, the oldest first; of all things when about is ""."""
        asked = cls.select().where(cls.ended_ms.is_null() & (cls.actor == actor)).order_by(cls.id)
        return asked.where(cls.about == about) if about else asked

    @classmethod
    def bytes_promised(cls):
        """How much those that are under way will take, as far as they say it."""
        each = fn.COALESCE(cls.bytes, cls.held)
        return int(cls.select(fn.COALESCE(fn.SUM(each), 0)).where(cls.ended_ms.is_null()).scalar())


class Part(Table):
    """One part of an arrival: its place, its bytes, its SHA-256 in hexadecimal."""

    arrival = ForeignKeyField(Arrival, backref="parts")
    at = IntegerField()
    bytes = IntegerField()
    sha256 = TextField()
