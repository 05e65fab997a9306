"""The database: one SQLite file, one connection per thread, changed only inside `write()` and by migrations."""

from pathlib import Path

from peewee import DatabaseError, Model, SqliteDatabase
from playhouse.migrations import Runner

from collector.errors import ActionError

FILE = "collector.db"
MIGRATIONS = Path(__file__).parent / "migrations"

# synchronous=FULL: a gateway forgets what we answered 200 to, so it has to be on the disk by then.
PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000, "synchronous": "full"}

database = SqliteDatabase(None)
_open = {}  # the folder this process works in


class Table(Model):
    """What every table of ours is."""

    class Meta:
        database = database
        legacy_table_names = False


def open_database(data_dir, make=False):
    """Point this process at the database of data_dir, made when missing only if asked. Raises ActionError."""
    _open["folder"] = Path(data_dir)
    path = Path(data_dir) / FILE
    if not make and not path.exists():
        raise ActionError(f"{path} is missing; run `python -m collector --data {data_dir} migrate`")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        database.init(path, pragmas=PRAGMAS)
        database.connect()
    except (OSError, DatabaseError) as error:
        raise ActionError(f"{path} cannot be opened: {error}; check the directory and its owner") from error


def folder():
    """Where the state of the open database lies: its keys and files are beside it."""
    return _open["folder"]


def write():
    """A transaction that holds the right to write from its first line; inside another one, a part of it."""
    return database.atomic("IMMEDIATE")


def snapshot():
    """A transaction in which every question sees the same state; inside another one, a part of it."""
    return database.atomic()


def rows(sql, parameters=()):
    """All rows of a query as tuples, past peewee's cursors: the road of readings."""
    return database.connection().execute(sql, parameters).fetchall()


def insert(sql, parameters):
    """The number that the database gave to the row put in."""
    return database.execute_sql(sql, parameters).lastrowid


def change(sql, parameters=()):
    """How many rows a statement changed."""
    return database.execute_sql(sql, parameters).rowcount


def write_many(sql, parameters):
    """One statement over many tuples."""
    database.connection().executemany(sql, parameters)


def migrate():
    """Bring the database up to date. The names of the migrations applied now, in order."""
    return Runner(database, MIGRATIONS).up()


def migrate_down(name=None):
    """Undo the newest migration, or all back through `name`. The names undone."""
    return Runner(database, MIGRATIONS).down(name)


def pending():
    """The names of migrations that this database still lacks."""
    return [step.name for step in Runner(database, MIGRATIONS).status() if not step.applied]


def require_current(data_dir):
    """Raises ActionError with the command to run when the database is older than this program."""
    if missing := pending():
        command = f"python -m collector --data {data_dir} migrate"
        raise ActionError(f"the database in {data_dir} lacks {', '.join(missing)}; run `{command}`")
