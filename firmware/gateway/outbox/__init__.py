"""What the collector has not taken yet, on the disk: put, peek, drop. One lock, one transaction per call.

A terminal is acknowledged after `put` returned; a row goes when `drop` is told so after the collector's 200.
"""

import json
import threading
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path

from firmware.gateway.outbox import schema
from firmware.processing import intervals
from firmware.protocol.frame import Gap, Reading
from firmware.protocol.received import span_of

Waiting = namedtuple("Waiting", ("readings", "gaps", "records"))
# readings: [(id, Reading)], gaps: [(id, terminal_id, Gap)], records: [(seq, kind, ts_ms, body, source id or
# None for the gateway itself)]; oldest first

FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
HANDED_MOST = 500  # intervals remembered per terminal; what is older the collector recognises itself
RECORDS = "SELECT coalesce(own, seq), kind, ts_ms, body, source_id FROM records ORDER BY seq LIMIT ?"
OVERFLOW_PART = 100  # one part of so many goes when the outbox is full


class Outbox:
    """The outbox of one state folder, for any thread. Disk errors come as sqlite3.Error; then nothing has changed."""

    def __init__(self, state, now_ms, readings_most=2_000_000):
        self._database = schema.connect(Path(state), now_ms - FIRST_MS)
        self._lock, self._most = threading.Lock(), readings_most
        self._count = self._counted()
        self._handed = {}
        for terminal_id, first, last in self._database.execute("SELECT * FROM handed ORDER BY 1, 2"):
            self._handed.setdefault(terminal_id, []).append((first, last))

    def close(self):
        """Close the file; every commit is in it already."""
        with self._lock:
            self._database.close()

    def _counted(self):
        return self._database.execute("SELECT count(*) FROM readings").fetchone()[0]

    @contextmanager
    def _transaction(self):
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                    self._count = self._counted()

    def put(self, readings, gaps, now_ms, records=()):
        """Keep readings, gaps as pairs (terminal_id, Gap), and records that have numbers, as pairs (source id, Record).
        What is here, or was handed over, is not kept twice."""
        with self._transaction() as database:
            new = [one for one in readings if not intervals.holds(self._handed.get(one.terminal_id, ()), one.seq)]
            before = database.total_changes
            database.executemany(
                "INSERT OR IGNORE INTO readings (terminal_id, seq, ts_ms, flags, channels, windows)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(one.terminal_id, one.seq, one.ts_ms, one.flags, json.dumps(one.values), one.windows) for one in new],
            )
            self._count += database.total_changes - before
            self._keep_gaps(gaps)
            self._keep_numbered(records)
            self._note_heard(readings, now_ms)
            while self._count > self._most:
                self._drop_oldest()

    def _keep_gaps(self, gaps):
        self._database.executemany(
            "INSERT OR IGNORE INTO gaps (terminal_id, from_seq, to_seq, reason) VALUES (?, ?, ?, ?)",
            [(terminal_id, *gap) for terminal_id, gap in gaps],
        )

    def _keep_numbered(self, records):
        self._database.executemany(
            "INSERT OR IGNORE INTO records (kind, ts_ms, body, source_id, own) VALUES (?, ?, ?, ?, ?)",
            [(one.kind, one.ts_ms, json.dumps(one.body), source_id, one.seq) for source_id, one in records],
        )

    def _note_heard(self, readings, now_ms):
        newest = {}
        for one in readings:
            newest[one.terminal_id] = max(one.seq, newest.get(one.terminal_id, 0))
        self._database.executemany(
            "INSERT INTO heard VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET heard_ms = excluded.heard_ms, newest_seq = max(newest_seq, excluded.newest_seq)",
            [(terminal_id, now_ms, seq) for terminal_id, seq in newest.items()],
        )

    def _drop_oldest(self):
        """Make room when the collector was away for too long: the oldest go, and their numbers become gaps."""
        oldest = self._database.execute(
            "SELECT id, terminal_id, seq - windows + 1, seq FROM readings ORDER BY id LIMIT ?",
            (self._most // OVERFLOW_PART + 1,),
        ).fetchall()
        self._database.execute("DELETE FROM readings WHERE id <= ?", (oldest[-1][0],))
        for terminal_id, pairs in _by_terminal(row[1:] for row in oldest).items():
            self._keep_gaps((terminal_id, Gap(*pair, "outbox_full")) for pair in pairs)
        self._count -= len(oldest)

    def peek(self, most):
        """The oldest `most` things that wait, readings before gaps before records."""
        with self._lock:
            ask = self._database.execute
            readings = [
                (number, Reading(terminal_id, ts_ms, seq, json.loads(channels), flags, windows))
                for number, terminal_id, seq, ts_ms, flags, channels, windows in ask(
                    "SELECT * FROM readings ORDER BY id LIMIT ?", (most,)
                )
            ]
            most -= len(readings)
            gaps = ask("SELECT * FROM gaps ORDER BY id LIMIT ?", (most,)).fetchall()
            records = ask(RECORDS, (most - len(gaps),)).fetchall()
        return Waiting(
            readings,
            [(number, terminal_id, Gap(*gap)) for number, terminal_id, *gap in gaps],
            [(seq, kind, ts_ms, json.loads(body), source_id) for seq, kind, ts_ms, body, source_id in records],
        )

    def drop(self, waiting):
        """Forget what a peek gave: the collector has it. Its numbers are remembered."""
        with self._transaction():
            self._delete(waiting)
            handed = _by_terminal((one.terminal_id, *span_of(one)) for _number, one in waiting.readings)
            for terminal_id, pairs in handed.items():
                self._note_handed(terminal_id, pairs)

    def _note_handed(self, terminal_id, pairs):
        joined = intervals.merged([*self._handed.get(terminal_id, ()), *pairs])[-HANDED_MOST:]
        self._database.execute("DELETE FROM handed WHERE terminal_id = ?", (terminal_id,))
        self._database.executemany("INSERT INTO handed VALUES (?, ?, ?)", [(terminal_id, *pair) for pair in joined])
        self._handed[terminal_id] = joined

    def _delete(self, waiting):
        execute = self._database.executemany
        gone = execute("DELETE FROM readings WHERE id = ?", [(number,) for number, _ in waiting.readings]).rowcount
        execute("DELETE FROM gaps WHERE id = ?", [(number,) for number, *_ in waiting.gaps])
        execute(
            "DELETE FROM records WHERE coalesce(own, seq) = ? AND source_id IS ?",
            [(seq, source_id) for seq, *_, source_id in waiting.records],
        )
        self._count -= max(gone, 0)

    def set_aside(self, waiting, code, error, now_ms):
        """Keep what the collector will not have out of the way of the rest, with the reason. Never lost, never sent."""
        things = [("reading", one._asdict()) for _, one in waiting.readings]
        things += [("gap", {"terminal_id": terminal_id, **gap._asdict()}) for _, terminal_id, gap in waiting.gaps]
        things += [("record", record) for record in waiting.records]
        rows = [(what, json.dumps(body), code, error, now_ms) for what, body in things]
        with self._transaction() as database:
            database.executemany("INSERT INTO refused (what, body, code, error, ts_ms) VALUES (?, ?, ?, ?, ?)", rows)
            self._delete(waiting)

    def put_record(self, source_id, kind, ts_ms, body):
        """Keep one record of a source, `body` as JSON."""
        with self._transaction():
            self._keep_record(source_id, kind, ts_ms, body)

    def _keep_record(self, source_id, kind, ts_ms, body):
        row = (kind, ts_ms, json.dumps(body), source_id)
        self._database.execute("INSERT INTO records (kind, ts_ms, body, source_id) VALUES (?, ?, ?, ?)", row)

    def report(self, counts, now_ms):
        """Add counts {(terminal id, code): n} of A01 to the totals, with a record that tells the collector."""
        body = {}
        for (terminal_id, code), count in counts.items():
            body.setdefault(terminal_id, {})[code] = count
        with self._transaction():
            self._add("A01", counts)
            self._keep_record(None, "refusals", now_ms, body)

    def count_a02(self, counts):
        """Add counts {(source id, code): n} of what the collector refused: it knows them itself."""
        with self._transaction():
            self._add("A02", counts)

    def _add(self, interface, counts):
        self._database.executemany(
            "INSERT INTO refusals VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(interface, source_id, code, count) for (source_id, code), count in counts.items()],
        )


def _by_terminal(rows):
    """{terminal id: merged intervals} of rows (terminal id, first seq, last seq)."""
    found = {}
    for terminal_id, *pair in rows:
        found.setdefault(terminal_id, []).append(tuple(pair))
    return {terminal_id: intervals.merged(pairs) for terminal_id, pairs in found.items()}
