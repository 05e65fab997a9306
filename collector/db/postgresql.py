"""The database on a PostgreSQL server: several processes share it, and each transaction that writes holds one lock.

An action may look and then write, as it does on SQLite, where one writes at a time: here a lock of the server's keeps
the same order among the processes. Truth is a number in our tables, and a sum of whole numbers a whole number.
"""

import zlib
from contextlib import contextmanager

import numpy as np
import psycopg
from peewee import OperationalError, PeeweeException, PostgresqlDatabase
from psycopg.adapt import Dumper, Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import StrDumper

from collector.db.words import in_postgresql
from collector.errors import ActionError
from collector.hosts import is_loopback

WRITER = 0x47414E5452590001  # "GANTRY": the advisory lock of who writes
JOBS = 0x47414E54  # the same of who does a job, beside the job's own number
LOCK_WAIT_MS = 10_000  # as long as SQLite waits for another writer
FORM = "postgresql://USER@HOST/NAME"


def of_url(url):
    """The database that a URL names. Raises ActionError when it is no good, without showing it."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = {}
    if not url.startswith(("postgresql://", "postgres://")) or not parts.get("dbname"):
        raise ActionError(f"the database's URL is no URL of a PostgreSQL database; write {FORM}")
    if "password" in parts:
        raise ActionError(
            f"the database's URL holds a password, which others could see; write {FORM}?passfile=FILE and keep it there"
        )
    if not _near(parts) and parts.setdefault("sslmode", "verify-full") != "verify-full":
        raise ActionError(
            f"the database's URL says sslmode={parts['sslmode']}; off this machine it is verify-full, with "
            "sslrootcert=FILE for the authority"
        )
    return Postgresql(parts)


def _near(parts):
    """Whether all of its hosts are this machine: a socket's folder, or loopback."""
    hosts = (parts.get("hostaddr") or parts.get("host") or "/").split(",")
    return all(host.startswith(("/", "@")) or is_loopback(host) for host in hosts)


class _Text(StrDumper):
    def dump(self, value):
        """The one sign that PostgreSQL refuses and SQLite keeps becomes its picture."""
        return super().dump(value.replace("\x00", "\u2400"))


class _Truth(Dumper):
    oid = psycopg.adapters.types["int8"].oid

    def dump(self, value):
        """1 or 0."""
        return b"1" if value else b"0"


class _Sum(Loader):
    def load(self, data):
        """An int where it is whole."""
        text = bytes(data)
        return float(text) if b"." in text or b"N" in text else int(text)


class Postgresql(PostgresqlDatabase):
    """The database of these connection words; libpq adds what its environment says, PGPASSFILE above all."""

    shared = True
    errors = (PeeweeException, psycopg.Error)
    sick = (OperationalError, psycopg.OperationalError)
    remedy = "check that the server runs, the name, the user and PGPASSFILE"

    def __init__(self, parts):
        parts = {"connect_timeout": 10, "application_name": "gantry"} | parts
        name = parts.pop("dbname")
        super().__init__(name, prefer_psycopg3=True, **parts)
        self.place = f"database {name} on {parts.get('host') or parts.get('hostaddr') or 'this machine'}"

    def _connect(self):
        connection = super()._connect()
        connection.adapters.register_dumper(bool, _Truth)
        connection.adapters.register_dumper(str, _Text)
        connection.adapters.register_loader("numeric", _Sum)
        connection.execute(f"SET lock_timeout = {LOCK_WAIT_MS}")
        return connection

    def answers(self):
        """Whether this thread's connection is still good, as far as one can know without asking."""
        return self.is_connection_usable()

    def execute_sql(self, sql, params=None):
        """As usual, in PostgreSQL's words."""
        return super().execute_sql(in_postgresql(sql), params or None)

    @contextmanager
    def writing(self):
        """See db.write."""
        with self.atomic() as inside:
            if self.transaction_depth() == 1:
                self.execute_sql("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
            yield inside

    def reading(self):
        """See db.snapshot."""
        return self.atomic("REPEATABLE READ")

    @contextmanager
    def alone(self, name):
        """See db.alone: a lock of this very connection, so that who lost it can do nothing any more."""
        key = (JOBS, zlib.crc32(name.encode()) - 2**31)
        ((got,),) = self.rows("SELECT pg_try_advisory_lock(%s, %s)", key)
        try:
            yield got
        finally:
            if got and self.answers():
                self.rows("SELECT pg_advisory_unlock(%s, %s)", key)

    @contextmanager
    def serving(self):
        """See db.serving: any number may."""
        yield

    def rows(self, sql, parameters):
        """See db.rows."""
        return self.execute_sql(sql, parameters).fetchall()

    def numbers(self, width, sql, parameters):
        """See db.numbers."""
        return np.array(self.rows(sql, parameters), np.int64).reshape(-1, width)

    def insert(self, sql, parameters):
        """See db.insert."""
        return self.execute_sql(f"{sql} RETURNING *", parameters).fetchone()[0]

    def write_many(self, sql, parameters):
        """See db.write_many."""
        self.cursor().executemany(in_postgresql(sql), list(parameters))
