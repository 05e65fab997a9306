"""What the collector has not taken yet, on the disk: put, peek, drop. One lock, one transaction per call.

A terminal is acknowledged after `put` returned; a row goes when `drop` is told so after the collector's 200. What the
pipeline holds back is on the disk like the rest, in a lane of its own. A number that was taken once is not taken again,
whatever became of it: handed over, part of another reading, or lost as a gap.
"""

import json
import sqlite3
import threading
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.gateway.outbox import damaged, schema
from firmware.gateway.outbox.gaps import Gaps
from firmware.gateway.outbox.held import Held
from firmware.gateway.outbox.numbers import Numbers
from firmware.gateway.outbox.records import Records
from firmware.gateway.outbox.room import NO_LIMITS, Room, spans_of
from firmware.gateway.outbox.shelf import Shelf, pieces
from firmware.processing import intervals
from firmware.protocol.frame import Gap
from firmware.protocol.received import span_of

Waiting = namedtuple("Waiting", ("readings", "gaps", "records"))
# readings: [(id, Reading)], gaps: [(id, terminal_id, Gap)], records: [(seq, kind, ts_ms, body, source id or
# None for the gateway itself)]; oldest first

SHARE = 5  # one part of so many in a batch is for records, one for gaps, whatever else waits
FULL = "outbox_full"


class Outbox:
    """The outbox of one state folder, for any thread. Disk errors come as sqlite3.Error; then nothing has changed.

    `rule_of(terminal id)` is the Rule by which its readings are thinned, or None.
    """

    def __init__(self, state, now_ms, limits=NO_LIMITS, rule_of=lambda terminal_id: None):
        self._state, self._limits, self._rule_of = Path(state), limits, rule_of
        self._lock, self._offered = threading.Lock(), set()
        self._offers_are_kept = limits.when_full == "thin"  # the only case in which a kill may not forget them
        try:
            try:
                self._use(schema.connect(self._state, schema.first_number(now_ms)))
            except sqlite3.DatabaseError as error:
                if not damaged.is_damage(error):
                    raise
                self._use(damaged.renew(self._state, error))
        except (sqlite3.Error, OSError) as error:
            raise GatewayError(f"{self._state / schema.FILE} cannot be used: {error}; free the disk") from error

    def _use(self, database):
        self._database = database
        self._shelf, self._gaps, self._records = Shelf(database), Gaps(database), Records(database)
        self._taken, self._handed = Numbers(database, "taken"), Numbers(database, "handed")
        self._held = Held(self._shelf, self._records, self._rule_of)
        self._offered |= {number for (number,) in database.execute("SELECT id FROM offered")}
        self._offered.intersection_update(number for number, _ in self._shelf.these(self._offered, len(self._offered)))
        self._room = Room(self._limits, self._state, database, self._shelf, self._offered)

    def close(self):
        """Close the file; every commit is in it already."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _locked(self):
        """A file that turns out to be damaged is set aside and another begun. The error is still raised: what was to be
        done is not done, and comes again."""
        with self._lock:
            try:
                yield self._database
            except sqlite3.DatabaseError as error:
                if damaged.is_damage(error):
                    self._use(damaged.renew(self._state, error, self._taken, self._handed, self._database))
                raise

    @contextmanager
    def _transaction(self):
        with self._locked() as database:
            committed = False
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
                committed = True
            finally:
                for one in (self._taken, self._handed, self._held):
                    one.commit() if committed else one.rollback()
                if not committed:
                    if database.in_transaction:
                        database.execute("ROLLBACK")
                    self._shelf.recount()

    def put(self, readings, gaps, now_ms, records=()):
        """Keep readings, gaps as pairs (terminal_id, Gap), and records that have numbers, as pairs (source id, Record):
        {(terminal id, code): n} of what was found wrong."""
        with self._transaction():
            new, terminal_ids = self._new(readings)
            if new and self._room.closed(len(new)):
                self._lose(spans_of(new))
                new = []
            ruled = self._held.ruled(terminal_ids)
            self._shelf.lay(new, now_ms, ruled)
            self._keep_gaps(gaps)
            self._records.keep_numbered(records)
            self._note_heard(readings, now_ms)
            wrong = self._held.let_go(ruled, now_ms) if ruled else {}
            lost, thinned = self._room.make()
            self._lose(lost)
            self._records.count("outbox", {(terminal_id, "thinned"): n for terminal_id, n in thinned.items()})
            return wrong

    def _new(self, readings):
        """(what of these was never taken, their terminals); from now on it is."""
        known, new = {}, []
        for one in readings:
            terminal_id, first = one.terminal_id, one.seq - one.windows + 1
            taken = known.get(terminal_id)
            if taken is None:
                taken = known[terminal_id] = list(self._taken.of(terminal_id))
            if not taken or first > taken[-1][1]:  # as nearly always
                new.append(one)
                if taken and first == taken[-1][1] + 1:
                    taken[-1] = (taken[-1][0], one.seq)
                else:
                    taken.append((first, one.seq))
            else:
                rest = pieces(one, taken)
                new += rest
                known[terminal_id] = intervals.merged(taken + [span_of(piece) for piece in rest])
        self._taken.become(known)
        return new, known

    def _keep_gaps(self, gaps):
        for terminal_id, gap in gaps:
            missing = intervals.without([(gap.from_seq, gap.to_seq)], self._taken.of(terminal_id))
            self._gaps.keep((terminal_id, Gap(*pair, gap.reason)) for pair in missing)

    def _lose(self, pairs_of):
        """Numbers that were taken and go: gaps, and counted."""
        for terminal_id, pairs in pairs_of.items():
            self._gaps.lose(terminal_id, pairs, FULL)
            self._records.count("outbox", {(terminal_id, FULL): sum(last - first + 1 for first, last in pairs)})

    def _note_heard(self, readings, now_ms):
        newest = {}
        for one in readings:
            newest[one.terminal_id] = max(one.seq, newest.get(one.terminal_id, 0))
        schema.insert(
            self._database,
            "INTO heard",
            [(terminal_id, now_ms, seq) for terminal_id, seq in newest.items()],
            "ON CONFLICT DO UPDATE SET heard_ms = excluded.heard_ms, newest_seq = max(newest_seq, excluded.newest_seq)",
        )

    def release(self, now_ms, steady_ms):
        """Let go what the pipeline has held for a heartbeat: what it found wrong; None when there was nothing."""
        with self._locked():
            overdue = self._held.overdue(steady_ms)
        if not overdue:
            return None
        with self._transaction():
            return self._held.let_go(overdue, now_ms, over=True)

    def peek(self, most):
        """`most` things that wait: what was seen before and is still here, then what is new from both ends, so that
        the newest of now need not wait for all that is old. Records and gaps have their share."""
        with self._locked():
            records, gaps, share = self._records.oldest(most), self._gaps.oldest(most), max(1, most // SHARE)
            first_records = min(len(records), share)
            first_gaps = min(len(gaps), share, most - first_records)
            readings = self._shelf.pick(most - first_records - first_gaps, self._offered)
            gaps = gaps[: max(first_gaps, most - len(readings) - first_records)]
            records = records[: most - len(readings) - len(gaps)]
            self._offer({number for number, _ in readings} - self._offered)
        return Waiting(readings, gaps, records)

    def _offer(self, numbers):
        """From now on the collector may have these: until that is known they stay as they are."""
        if self._offers_are_kept:
            self._database.executemany("INSERT INTO offered VALUES (?)", [(number,) for number in numbers])
        self._offered |= numbers

    def drop(self, waiting):
        """Forget what a peek gave: the collector has it. Its numbers are remembered."""
        with self._transaction():
            self._delete(waiting)
        self._offered.difference_update(number for number, _ in waiting.readings)

    def _delete(self, waiting):
        self._shelf.remove([number for number, _ in waiting.readings])
        self._gaps.remove(waiting.gaps)
        self._records.remove(waiting.records)
        self._handed.add(spans_of(one for _number, one in waiting.readings))
        told = {}
        for _number, terminal_id, gap in waiting.gaps:
            told.setdefault(terminal_id, []).append((gap.from_seq, gap.to_seq))
        self._handed.add({terminal_id: intervals.merged(pairs) for terminal_id, pairs in told.items()})
        if self._offers_are_kept:
            gone = [(number,) for number, _ in waiting.readings]
            self._database.executemany("DELETE FROM offered WHERE id = ?", gone)

    def set_aside(self, waiting, code, error, now_ms):
        """Keep what the collector will not have out of the way of the rest, with the reason. Never lost, never sent."""
        things = [("reading", one._asdict()) for _, one in waiting.readings]
        things += [("gap", {"terminal_id": terminal_id, **gap._asdict()}) for _, terminal_id, gap in waiting.gaps]
        things += [("record", record) for record in waiting.records]
        rows = [(what, json.dumps(body), code, error, now_ms) for what, body in things]
        with self._transaction() as database:
            database.executemany("INSERT INTO refused (what, body, code, error, ts_ms) VALUES (?, ?, ?, ?, ?)", rows)
            self._delete(waiting)
        self._offered.difference_update(number for number, _ in waiting.readings)

    def put_record(self, source_id, kind, ts_ms, body):
        """Keep one record of a source, `body` as JSON."""
        with self._transaction():
            self._records.keep(source_id, kind, ts_ms, body)

    def report(self, counts, now_ms):
        """Add counts {(terminal id, code): n} of A01 to the totals, with a record that tells the collector."""
        body = {}
        for (terminal_id, code), count in counts.items():
            body.setdefault(terminal_id, {})[code] = count
        with self._transaction():
            self._records.count("A01", counts)
            self._records.keep(None, "refusals", now_ms, body)

    def count_a02(self, counts):
        """Add counts {(source id, code): n} of what the collector refused: it knows them itself."""
        with self._transaction():
            self._records.count("A02", counts)
