"""Readings and records that no gateway has acknowledged yet, in one SQLite file: each is on the disk before it is sent.

What is measured before a gateway has told the time waits with the steady and the own clock's, and is stamped then.
The disk may be full: `put` raises sqlite3.Error, and nothing has changed.
"""

import json
import sqlite3
from collections import namedtuple
from pathlib import Path

from firmware.host.errors import HostError
from firmware.protocol.channels import CHANNELS
from firmware.protocol.frame import N_BITS, Gap, Reading, pack_record
from firmware.protocol.measured import TIME_ESTIMATED
from firmware.protocol.record import Record

FILE = "outbox.db"
TABLES = """
CREATE TABLE IF NOT EXISTS boot (boot_no INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS readings (
    seq INTEGER PRIMARY KEY, own_ms INTEGER NOT NULL, steady_ms INTEGER NOT NULL, ts_ms INTEGER,
    flags INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY, own_ms INTEGER NOT NULL, steady_ms INTEGER NOT NULL, ts_ms INTEGER,
    kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gaps (from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL);
"""
FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
MINUTE_MS = 60_000
OVERFLOW_PART = 100  # one part of so many goes when the outbox is full

Waiting = namedtuple("Waiting", ("readings", "records", "gaps", "oldest_ms"))


class Outbox:
    """The outbox of one computer. Raises HostError when it cannot be opened, or the boot cannot be counted."""

    def __init__(self, state, identity, clock, readings_most):
        self._terminal_id, self._clock, self._most = identity.terminal_id, clock, readings_most
        path = Path(state) / FILE
        try:
            Path(state).mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(TABLES)
            self.boot_no = self._next_boot(identity.first_boot_no)
        except (OSError, sqlite3.Error) as error:
            raise HostError(f"{path} cannot be used: {error}; free the disk, or move the file away") from error

    def _next_boot(self, first_boot_no):
        """This start's number, on the disk before it is used. Without a file it is minutes since 2020: never used."""
        (stored,) = self._database.execute("SELECT max(boot_no) FROM boot").fetchone()
        minutes = (self._clock.own_ms() - FIRST_MS) // MINUTE_MS
        boot_no = max(first_boot_no, minutes) if stored is None else stored + 1
        with self._database:
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM boot")
            self._database.execute("INSERT INTO boot VALUES (?)", (boot_no,))
        return boot_no

    def close(self):
        """Close the file; every commit is in it already."""
        self._database.close()

    def put(self, readings, records, lost):
        """Keep readings (seq, own_ms, steady_ms, flags, values), records (seq, own_ms, steady_ms, kind, body) and what
        was lost before it came here, (first, last) pairs, in one transaction. Raises sqlite3.Error."""
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT INTO readings (seq, own_ms, steady_ms, flags, body, ts_ms) VALUES (?, ?, ?, ?, ?, ?)",
                [(*head, json.dumps(values), self._at(head[2])) for *head, values in readings],
            )
            self._database.executemany(
                "INSERT INTO records (seq, own_ms, steady_ms, kind, body, ts_ms) VALUES (?, ?, ?, ?, ?, ?)",
                [(*head, json.dumps(body), self._at(head[2])) for *head, body in records],
            )
            self._database.executemany("INSERT OR IGNORE INTO gaps VALUES (?, ?)", lost)
            self._make_room("readings")
            self._make_room("records")

    def _at(self, steady_ms):
        offset_ms = self._clock.offset_ms
        return None if offset_ms is None else steady_ms + offset_ms

    def _make_room(self, table):
        (count,) = self._database.execute(f"SELECT count(*) FROM {table}").fetchone()
        if count > self._most:
            part = self._most // OVERFLOW_PART
            (last,) = self._database.execute(
                f"SELECT seq FROM {table} ORDER BY seq LIMIT 1 OFFSET ?", (part,)
            ).fetchone()
            lost = f"INSERT OR IGNORE INTO gaps SELECT seq, seq FROM {table} WHERE seq <= ?"
            self._database.execute(lost, (last,))
            self._database.execute(f"DELETE FROM {table} WHERE seq <= ?", (last,))

    def stamp(self, offset_ms):
        """A time is known: what waits gets its own, by the steady clock, or of an earlier start by the computer's."""
        own_offset_ms = offset_ms + self._clock.steady_ms() - self._clock.own_ms()
        with self._database:
            self._database.execute("BEGIN")
            for table in ("readings", "records"):
                self._database.execute(
                    f"UPDATE {table} SET ts_ms = steady_ms + ? WHERE ts_ms IS NULL AND seq >= ?",
                    (offset_ms, self.boot_no << N_BITS),
                )
            estimated = "UPDATE readings SET ts_ms = own_ms + ?, flags = flags | ? WHERE ts_ms IS NULL"
            self._database.execute(estimated, (own_offset_ms, TIME_ESTIMATED))
            self._database.execute("UPDATE records SET ts_ms = own_ms + ? WHERE ts_ms IS NULL", (own_offset_ms,))

    def peek(self, count):
        """(boot_no, the oldest packed readings that wait, at most `count`, all of that boot)."""
        oldest = self.oldest()
        if oldest is None:
            return self.boot_no, []
        boot_no = oldest >> N_BITS
        found = self._database.execute(
            "SELECT seq, ts_ms, flags, body FROM readings WHERE seq < ? AND ts_ms IS NOT NULL ORDER BY seq LIMIT ?",
            ((boot_no + 1) << N_BITS, count),
        )
        readings = [
            Reading(self._terminal_id, ts_ms, seq, json.loads(body), flags, 1) for seq, ts_ms, flags, body in found
        ]
        return boot_no, [pack_record(reading, CHANNELS) for reading in readings]

    def oldest(self):
        """The number of the oldest reading that waits, or None."""
        return self._database.execute("SELECT min(seq) FROM readings").fetchone()[0]

    def record(self):
        """The oldest Record that waits, or None."""
        row = self._database.execute(
            "SELECT seq, kind, ts_ms, body FROM records WHERE ts_ms IS NOT NULL ORDER BY seq LIMIT 1"
        ).fetchone()
        return None if row is None else Record(*row[:3], json.loads(row[3]))

    def waiting(self):
        """What waits, as Waiting."""
        return _waiting(self._database)

    def gaps(self):
        """What was lost for want of room and is not acknowledged as lost yet."""
        found = self._database.execute("SELECT from_seq, to_seq FROM gaps ORDER BY from_seq")
        return [Gap(first, last, "outbox_full") for first, last in found]

    def drop(self, intervals):
        """Forget what was acknowledged: readings, records and losses inside (first, last) intervals of seq."""
        with self._database:
            self._database.execute("BEGIN")
            for table in ("readings", "records"):
                self._database.executemany(f"DELETE FROM {table} WHERE seq BETWEEN ? AND ?", intervals)
            self._database.executemany("DELETE FROM gaps WHERE to_seq BETWEEN ? AND ?", intervals)


def _waiting(database):
    counts = [database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in Waiting._fields[:3]]
    (oldest_ms,) = database.execute("SELECT min(coalesce(ts_ms, own_ms)) FROM readings").fetchone()
    return Waiting(*counts, oldest_ms)


def look(state):
    """What waits, as Waiting, without a running agent's leave. Raises HostError."""
    path = Path(state) / FILE
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            return _waiting(database)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise HostError(f"{path} cannot be read: {error}; has the agent run here, and as which user?") from error
