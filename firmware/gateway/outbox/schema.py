"""The tables of the outbox file, and how it is opened: every commit is on the disk before anybody is told."""

import sqlite3

from firmware.processing import intervals

TABLES = """
CREATE TABLE IF NOT EXISTS readings (
    id INTEGER PRIMARY KEY AUTOINCREMENT, terminal_id TEXT NOT NULL, seq INTEGER NOT NULL, ts_ms INTEGER NOT NULL,
    flags INTEGER NOT NULL, channels TEXT NOT NULL, windows INTEGER NOT NULL DEFAULT 1,
    lane INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS gaps (
    id INTEGER PRIMARY KEY AUTOINCREMENT, terminal_id TEXT NOT NULL, from_seq INTEGER NOT NULL,
    to_seq INTEGER NOT NULL, reason TEXT NOT NULL, UNIQUE (terminal_id, from_seq, to_seq));
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, ts_ms INTEGER NOT NULL, body TEXT NOT NULL,
    source_id TEXT, own INTEGER);
CREATE TABLE IF NOT EXISTS handed (
    terminal_id TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
    PRIMARY KEY (terminal_id, from_seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offered (id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS refused (
    id INTEGER PRIMARY KEY, what TEXT NOT NULL, body TEXT NOT NULL, code TEXT NOT NULL, error TEXT NOT NULL,
    ts_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS refusals (
    interface TEXT NOT NULL, source_id TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (interface, source_id, code)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heard (
    terminal_id TEXT PRIMARY KEY, heard_ms INTEGER NOT NULL, newest_seq INTEGER NOT NULL) WITHOUT ROWID;
"""
# readings: no index by terminal: `taken` knows what came, and an index would write a page per terminal and commit.
# channels: JSON, {channel: value in its unit, or null when measured and bad}. lane: of outbox/shelf.py. taken: every
# number that was ever put; handed: what the collector has taken. offered: ids of readings it may have.
# refused: kept aside because the collector will not have it. A record without source_id is the gateway's own.
# own: the number that its source gave a record. Numbers of records are never used twice, in no outbox.

LATER = (  # columns added since
    ("records", "source_id", "TEXT"),
    ("records", "own", "INTEGER"),
    ("readings", "windows", "INTEGER NOT NULL DEFAULT 1"),
    ("readings", "lane", "INTEGER NOT NULL DEFAULT 0"),
)
OWN = "CREATE UNIQUE INDEX IF NOT EXISTS records_own ON records (coalesce(own, seq), source_id)"
HELD = "CREATE INDEX IF NOT EXISTS held ON readings (terminal_id, seq) WHERE lane = 2"
TAKEN = """CREATE TABLE taken (
    terminal_id TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
    PRIMARY KEY (terminal_id, from_seq)) WITHOUT ROWID"""

FILE = "outbox.db"
BUSY_S = 10
FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
NUMBERED = ("readings", "gaps", "records")
ROWS_MOST = 1000  # in one statement


class Unsound(sqlite3.DatabaseError):
    """The file does not hold together. The text says where."""


def first_number(now_ms):
    """The first id in a file made now: above all that an older file of this gateway has used."""
    return max(1, now_ms - FIRST_MS)


def insert(database, into, rows, then=""):
    """`INSERT into VALUES rows then`, by one statement: with one per row this thread would ask for the interpreter once
    a row, and wait for it each time while another thread has work."""
    for at in range(0, len(rows), ROWS_MOST):
        some = rows[at : at + ROWS_MOST]
        marks = f"({', '.join('?' * len(some[0]))})"
        values = ", ".join([marks] * len(some))
        database.execute(f"INSERT {into} VALUES {values} {then}", [one for row in some for one in row])


def connect(state, first):
    """The outbox of a state folder, made if it is not there; its first rows then get the id `first`.

    After a kill or a power cut all of it is read once. Raises sqlite3.Error.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state / FILE
    path.touch(mode=0o600)
    log_file = path.with_name(path.name + "-wal")
    was_cut = log_file.exists() and log_file.stat().st_size > 0
    database = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone() if was_cut else ("ok",)
        if found != "ok":
            raise Unsound(found.strip())
        _make_tables(database, first)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _make_tables(database, first):
    database.executescript(TABLES)
    _add_columns(database)
    database.execute(OWN)
    database.execute(HELD)
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'taken'").fetchone():
        _begin_taken(database)
    started = {name for (name,) in database.execute("SELECT name FROM sqlite_sequence")}
    rows = [(name, first - 1) for name in NUMBERED if name not in started]
    database.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", rows)


def _add_columns(database):
    """An outbox of an older gateway gets what it lacks; what waits there are single windows and its own records."""
    for table, column, kind in LATER:
        if column not in {row[1] for row in database.execute(f"PRAGMA table_info({table})")}:
            database.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")


def _begin_taken(database):
    """What is here and what was handed over was taken."""
    found = {}
    rows = "SELECT terminal_id, seq - windows + 1, seq FROM readings UNION ALL SELECT * FROM handed"
    for terminal_id, *pair in database.execute(rows):
        found.setdefault(terminal_id, []).append(tuple(pair))
    database.execute("BEGIN")
    database.execute(TAKEN)
    for terminal_id, pairs in found.items():
        database.executemany(
            "INSERT INTO taken VALUES (?, ?, ?)", [(terminal_id, *pair) for pair in intervals.merged(pairs)]
        )
    database.execute("COMMIT")
