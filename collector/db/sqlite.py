"""The database as a file of SQLite: many read, one writes."""

import threading
from contextlib import contextmanager

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
        self._turn = threading.RLock()

    def answers(self):
        """Whether this thread's connection is still good: a file is never cut off."""
        return True

    @contextmanager
    def writing(self):
        """See db.write. Writers of one process wait here: SQLite would let them sleep and look again, ever longer."""
        with self._turn, self.atomic("IMMEDIATE"):
            yield

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
