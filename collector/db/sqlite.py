"""The database as a file of SQLite: many read, one writes."""

import sqlite3
import threading
from contextlib import contextmanager

import numpy as np
from peewee import OperationalError, PeeweeException, SqliteDatabase

from collector.errors import ActionError

FILE = "collector.db"
PLACE = "serving.lock"  # beside it

# synchronous=FULL: a gateway forgets what we answered 200 to, so it has to be on the disk by then.
# secure_delete=fast: Debian's SQLite else writes zeros over every page that is free, as much as was written before.
# page_size: of a new file. A commit writes whole pages; a small hospital's upload changes some hundred bytes of three.
# wal_autocheckpoint: pages, 4 MB; the more the log holds, the fewer pages are written twice.
PRAGMAS = {
    "page_size": 1024,
    "wal_autocheckpoint": 4000,
    "journal_mode": "wal",
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "synchronous": "full",
    "secure_delete": "fast",
}


class Sqlite(SqliteDatabase):
    """The file at `path`."""

    errors = (PeeweeException, sqlite3.Error)
    sick = (OperationalError, sqlite3.OperationalError)
    remedy = "check the directory, its owner, and that its disk is not mounted read-only"
    shared = False

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
        try:
            with self._turn, self.atomic("IMMEDIATE") as inside:
                yield inside
        except OperationalError as error:
            raise _first(error) from None

    def rollback(self):
        """Take a transaction back, where a full disk has not done so by itself: what is told is the disk's error."""
        if self.connection().in_transaction:
            super().rollback()

    def reading(self):
        """See db.snapshot."""
        return self.atomic()

    @contextmanager
    def alone(self, _name):
        """See db.alone: there is no other process."""
        yield True

    @contextmanager
    def serving(self):
        """See db.serving: a lock that ends with the process, however that ends."""
        place = sqlite3.connect(self.path.with_name(PLACE), timeout=0, isolation_level=None)
        try:
            place.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise ActionError(
                f"another collector serves from {self.path} ({error}); with SQLite one process does: end it, or keep "
                "the registers on PostgreSQL (docs/store.md)"
            ) from error
        try:
            yield
        finally:
            place.close()

    def rows(self, sql, parameters):
        """See db.rows."""
        return self.connection().execute(sql, parameters).fetchall()

    def numbers(self, width, sql, parameters):
        """See db.numbers: packed as one row; with each row the driver lets others go on, and waits for its turn."""
        names = [f"c{n}" for n in range(width)]
        line = " || ' ' || ".join(names)
        packed = f"WITH found ({', '.join(names)}) AS ({sql}) SELECT group_concat({line}, ' ') FROM found"
        ((text,),) = self.rows(packed, parameters)
        return np.fromstring(text or "", np.int64, sep=" ").reshape(-1, width)

    def insert(self, sql, parameters):
        """See db.insert."""
        return self.execute_sql(sql, parameters).lastrowid

    def write_many(self, sql, parameters):
        """See db.write_many."""
        self.connection().executemany(sql, parameters)


def _first(error):
    """What went wrong first: when the disk is full, SQLite has taken the transaction back before it is told to."""
    while "no transaction is active" in str(error) and error.__context__ is not None:
        error = error.__context__
    return error
