"""Which database a test of the collector has before it: a file of SQLite, or one of its own on PostgreSQL."""

import os
from contextlib import contextmanager

from collector import db


@contextmanager
def opened(server, template=None):
    """A new database counts until the end of this, empty or as a template.

    With SQLite, where server is None, it is in its folder anyhow.
    """
    if server is None:
        yield
        return
    name = server.lend(template) if template else server.make()
    try:
        with pointed(server.url(name)):
            yield
    finally:
        server.give_back(template, name) if template else server.drop(name)


@contextmanager
def pointed(url):
    """This process and those it starts go to the database of a URL until the end of this."""
    before = os.environ.get(db.URL)
    os.environ[db.URL] = url
    try:
        yield
    finally:
        if db.database.obj is not None and not db.database.is_closed():
            db.database.close()
        if before is None:
            del os.environ[db.URL]
        else:
            os.environ[db.URL] = before


def everything(data_dir):
    """The bytes of all that the open database keeps."""
    if db.database.obj.for_update:
        tables = db.database.obj.get_tables()
        values = (value for table in tables for row in db.rows(f'SELECT * FROM "{table}"') for value in row)
        return b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
    db.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return (data_dir / db.FILE).read_bytes()
