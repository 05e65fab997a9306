"""What is known of the files that are kept; the same content is kept once, however often it was brought."""

from peewee import IntegerField, TextField

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
