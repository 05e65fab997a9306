"""An outbox file that is damaged: set aside under a name, what can be read of it saved, what is lost named.

A terminal still has whatever was never acknowledged and sends it again.
"""

import logging
import sqlite3
import time

from firmware.gateway.outbox import schema
from firmware.gateway.outbox.gaps import Gaps
from firmware.gateway.outbox.numbers import Numbers
from firmware.gateway.outbox.records import Records, body_of
from firmware.gateway.outbox.shelf import reading_of
from firmware.processing import intervals

log = logging.getLogger("gateway")

DAMAGED = "outbox_damaged"
ASIDE_MOST = 2  # files set aside that are kept
SAVED = (  # table, how many of its first columns are its key
    ("readings", 1),
    ("gaps", 1),
    ("records", 1),
    ("refused", 1),
    ("offered", 1),
    ("taken", 2),
    ("handed", 2),
    ("refusals", 3),
    ("heard", 1),
)
SPANS = (
    "SELECT terminal_id, seq - windows + 1, seq FROM readings UNION ALL SELECT terminal_id, from_seq, to_seq FROM gaps"
)


def is_damage(error):
    """Whether an sqlite3.Error says that the file itself is not sound."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    if isinstance(error, schema.Unsound) or code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return True
    return "decode to UTF-8" in str(error)  # what Python says of a text that is none


def renew(state, error, taken=None, handed=None, before=None):
    """A new outbox database with what could be saved of the damaged one, and a record of what could not.

    `taken`, `handed`: what memory knows of the numbers. `before`: the open connection, closed here. Raises
    sqlite3.Error.
    """
    now_ms = time.time_ns() // 1_000_000
    aside = _set_aside(state, now_ms)
    if before is not None:
        before.close()
    database = schema.connect(state, schema.first_number(now_ms))
    database.execute("BEGIN")
    old = sqlite3.connect(aside, isolation_level=None)
    old.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for table, key in SAVED:
        _save(old, database, table, key)
    old.close()
    (saved,) = database.execute("SELECT count(*) FROM readings").fetchone()
    lost = _lose(database, taken, handed)
    body = {"file": aside.name, "error": str(error), "saved": saved, "lost": lost}
    Records(database).keep(None, DAMAGED, now_ms, body)
    Records(database).count("outbox", {(terminal_id, DAMAGED): count for terminal_id, count in lost.items()})
    database.execute("COMMIT")
    log.error("the outbox is damaged (%s): set aside as %s, %d readings saved, lost: %s", error, aside, saved, lost)
    return database


def _set_aside(state, now_ms):
    path, aside = state / schema.FILE, state / f"outbox-damaged-{now_ms}.db"
    try:
        path.rename(aside)
        log_file = path.with_name(path.name + "-wal")
        if log_file.exists():
            log_file.rename(aside.with_name(aside.name + "-wal"))
        path.with_name(path.name + "-shm").unlink(missing_ok=True)
        for old in sorted(state.glob("outbox-damaged-*.db"))[:-ASIDE_MOST]:
            old.unlink()
            old.with_name(old.name + "-wal").unlink(missing_ok=True)
    except OSError as error:
        raise sqlite3.OperationalError(f"{path} is damaged and cannot be set aside: {error.strerror}") from error
    return aside


def _save(old, database, table, key):
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    for order in ("ASC", "DESC"):  # from both ends up to where it cannot be read
        keys = ", ".join(f"{name} {order}" for name in columns[:key])
        rows = _readable(old, f"SELECT {names} FROM {table} ORDER BY {keys}")
        sound = (row for row in rows if _is_sound(table, dict(zip(columns, row, strict=True))))
        database.executemany(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", sound)


def _readable(old, question):
    try:
        yield from old.execute(question)
    except sqlite3.Error as error:
        log.warning("of the damaged outbox: %s (%s)", error, question)


def _is_sound(table, row):
    """Whether a row is one that this program may have written."""
    whole = all(type(row[name]) is int for name in ("id", "seq", "from_seq", "to_seq", "ts_ms") if name in row)
    if not whole or type(row.get("terminal_id", "")) is not str:
        return False
    try:
        if table == "readings":
            reading_of(*(row[name] for name in ("id", "terminal_id", "ts_ms", "seq", "channels", "flags", "windows")))
        elif table == "records":
            body_of(row["seq"], row["body"])
    except schema.Unsound:
        return False
    return True


def _lose(database, taken_before, handed_before):
    """Name what was taken, is not handed over and not here, as gaps: {terminal id: how many}. It may be taken again."""
    taken, handed = Numbers(database, "taken"), Numbers(database, "handed")
    for numbers, before in ((taken, taken_before), (handed, handed_before)):
        numbers.add({terminal_id: before.of(terminal_id) for terminal_id in (before.terminals() if before else ())})
    here = {}
    for terminal_id, *pair in database.execute(SPANS):
        here.setdefault(terminal_id, []).append(tuple(pair))
    lost = {}
    for terminal_id in taken.terminals():
        known = intervals.merged([*here.get(terminal_id, ()), *handed.of(terminal_id), (0, handed.floor(terminal_id))])
        missing = intervals.without(taken.of(terminal_id), known)
        if missing:
            taken.take_out(terminal_id, missing)
            Gaps(database).lose(terminal_id, missing, DAMAGED)
            lost[terminal_id] = sum(last - first + 1 for first, last in missing)
    return lost
