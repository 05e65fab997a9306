"""The database: SQLite in a file or PostgreSQL by its URL, changed only inside `write()` and by migrations.

What this program asks is written in the words of SQLite; postgresql.py says it in its own. One connection per thread.
"""

import logging
import os
from pathlib import Path

from peewee import DatabaseError, DatabaseProxy, Model
from playhouse.migrations import Runner

from collector.config import read_settings
from collector.db.sqlite import FILE, Sqlite
from collector.errors import ActionError, Away

MIGRATIONS = Path(__file__).parents[1] / "migrations"
URL = "GANTRY_DATABASE"  # the environment's word goes before the setting `database`

log = logging.getLogger("collector")
database = DatabaseProxy()
_open = {}  # the folder this process works in


class Table(Model):
    """What every table of ours is."""

    class Meta:
        database = database
        legacy_table_names = False


def open_database(data_dir, make=False):
    """Point this process at the database of data_dir, a file made when missing only if asked. Raises ActionError."""
    _open["folder"] = data_dir = Path(data_dir)
    found = _found(data_dir)
    if isinstance(found, Sqlite) and not make and not found.path.exists():
        raise ActionError(f"{found.path} is missing; run `python -m collector --data {data_dir} migrate`")
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if database.obj is not None:
            database.close()
        database.initialize(found)
        database.connect()
    except (OSError, DatabaseError) as error:
        raise ActionError(f"{found.place} cannot be opened: {' '.join(str(error).split())}; {found.remedy}") from error


def _found(data_dir):
    url = os.environ.get(URL) or read_settings(data_dir)["database"]
    if not url:
        return Sqlite(data_dir / FILE)
    from collector.db.postgresql import of_url  # here, because its driver is loaded by those only who use it

    return of_url(url)


def folder():
    """Where the state of the open database lies: its keys and files are beside it."""
    return _open["folder"]


def connect():
    """Give this thread its connection, a new one where the old was cut; it keeps it between requests. Raises Away."""
    if not database.is_closed() and not database.obj.answers():
        database.close()
    try:
        database.connect(reuse_if_open=True)
    except sick() as error:
        raise Away(f"{database.obj.place} does not answer: {' '.join(str(error).split())}") from error


def errors():
    """What goes wrong in the database. Classes of exceptions."""
    return database.obj.errors


def sick():
    """Those of them that are nobody's fault who asks: locked, full, read-only, gone. Classes of exceptions."""
    return database.obj.sick


def write():
    """A transaction that holds the right to write from its first line; inside another one, a part of it."""
    return database.obj.writing()


def jot(action):
    """Do a write that nobody waits for; where it cannot be done now, the log says so."""
    try:
        with write():
            action()
    except sick() as error:
        log.warning("something was not noted: %s", " ".join(str(error).split()))


def snapshot():
    """A transaction in which every question sees the same state; inside another one, a part of it."""
    return database.obj.reading()


def is_shared():
    """Whether several processes may serve from this database."""
    return database.obj.shared


def alone(name):
    """Whether this process may do a job of this name now, with `False` when another does it; held until the end."""
    return database.obj.alone(name)


def serving():
    """Hold the place of who serves from this database, where that is one. Raises ActionError when it is taken."""
    return database.obj.serving()


def rows(sql, parameters=()):
    """All rows of a query as tuples, past peewee's cursors: the road of readings."""
    return database.obj.rows(sql, parameters)


def numbers(width, sql, parameters=()):
    """All rows of a query for so many whole numbers, none of them NULL, as an int64 array: the road of many rows."""
    return database.obj.numbers(width, sql, parameters)


def insert(sql, parameters):
    """The number that the database gave to the row put in; it stands in the table's first column."""
    return database.obj.insert(sql, parameters)


def change(sql, parameters=()):
    """How many rows a statement changed."""
    return database.execute_sql(sql, parameters).rowcount


def write_many(sql, parameters):
    """One statement over many tuples."""
    database.obj.write_many(sql, parameters)


def migrate():
    """Bring the database up to date. The names of the migrations applied now, in order."""
    return Runner(database.obj, MIGRATIONS).up()


def migrate_down(name=None):
    """Undo the newest migration, or all back through `name`. The names undone."""
    return Runner(database.obj, MIGRATIONS).down(name)


def pending():
    """The names of migrations that this database still lacks."""
    return [step.name for step in Runner(database.obj, MIGRATIONS).status() if not step.applied]


def require_current(data_dir):
    """Raises ActionError with the command to run when the database is older than this program."""
    if missing := pending():
        command = f"python -m collector --data {data_dir} migrate"
        raise ActionError(f"the database in {data_dir} lacks {', '.join(missing)}; run `{command}`")
