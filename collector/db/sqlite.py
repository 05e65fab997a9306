"""The database as a file of SQLite: many read, one writes."""

from peewee import SqliteDatabase

FILE = "collector.db"

# synchronous=FULL: a gateway forgets what we answered 200 to, so it has to be on the disk by then.
PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000, "synchronous": "full"}


class Sqlite(SqliteDatabase):
    """The file at `path`."""

    remedy = "check the directory and its owner"

    def __init__(self, path):
        super().__init__(path, pragmas=PRAGMAS)
        self.path = self.place = path

    def answers(self):
        """Whether this thread's connection is still good: a file is never cut off."""
        return True

    def writing(self):
        """See db.write."""
        return self.atomic("IMMEDIATE")

    def reading(self):
        """See db.snapshot."""
        return self.atomic()

    def rows(self, sql, parameters):
        """See db.rows."""
        return self.connection().execute(sql, parameters).fetchall()

    def insert(self, sql, parameters):
        """See db.insert."""
        return self.execute_sql(sql, parameters).lastrowid

    def write_many(self, sql, parameters):
        """See db.write_many."""
        self.connection().executemany(sql, parameters)
