"""One row for what stands foremost of a gateway's terminals; uploads are packed, and numbered without a counter's row.

The bytes of a front and of an upload are those of collector/readings/front.py and incoming.py; those of an upload
before are said in migration 0013. The last upload stays for ever, so that no number is given twice.
"""

from itertools import groupby

import msgspec
import numpy as np

from collector.readings import front as fronts
from collector.readings import planes

SEVERAL = ("behind", "windows", "flags")
NUMBER, NARROW, WIDE = np.dtype("<u4"), np.dtype("<i4"), np.dtype("<i8")
FRONT = """CREATE TABLE front (carrier INTEGER PRIMARY KEY, terminals INTEGER NOT NULL, heads BLOB NOT NULL,
    body BLOB NOT NULL)"""
LATEST = """CREATE TABLE latest (terminal_no INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ts_ms INTEGER NOT NULL,
    body BLOB NOT NULL)"""
COUNTED = (  # a counter is a page more to write for every upload; PostgreSQL's is a sequence and stays
    "DROP INDEX batch_carrier",
    "ALTER TABLE batch RENAME TO old_batch",
    """CREATE TABLE batch (batch_no INTEGER PRIMARY KEY{}, carrier INTEGER NOT NULL, low_ms INTEGER NOT NULL,
        high_ms INTEGER NOT NULL, body BLOB)""",
    "INSERT INTO batch SELECT batch_no, carrier, low_ms, high_ms, body FROM old_batch",
    "DROP TABLE old_batch",
    "CREATE INDEX batch_carrier ON batch (carrier, batch_no, low_ms, high_ms)",
)
LAST = """SELECT max(number) FROM (SELECT through AS number FROM block UNION ALL SELECT through FROM follower
    UNION ALL SELECT batch_no FROM batch) AS numbers"""
STANDING = """SELECT coalesce((SELECT min(carrier) FROM carried WHERE carried.terminal_no = latest.terminal_no), 0),
    terminal_no, seq, ts_ms, body FROM latest ORDER BY 1, 2"""
RUN = "SELECT first, last FROM interval WHERE terminal_no = ? AND what = 'stored' ORDER BY first DESC LIMIT 1"
NO_LONGER = "DELETE FROM interval WHERE terminal_no = ? AND what = 'stored' AND first = ?"
AGAIN = """INSERT INTO interval (terminal_no, what, first, last) VALUES (?, 'stored', ?, ?)
    ON CONFLICT (terminal_no, what, first) DO UPDATE SET last = max(last, excluded.last)"""
ORDERED = "INSERT INTO latest (terminal_no, seq, ts_ms, body) VALUES (?, ?, ?, ?)"


def up(migrator, db):
    """Move the highest runs and the latest values into fronts, pack the uploads."""
    db.execute_sql(FRONT)
    for carrier, rows in groupby(db.execute_sql(STANDING).fetchall(), key=lambda row: row[0]):
        fronts.put(carrier, _front(db, [row[1:] for row in rows]))
    db.execute_sql("DROP TABLE latest")
    _recode(db, _packed)
    if not db.shared:
        _count(db, "")


def down(migrator, db):
    """Have a row of each terminal again."""
    db.execute_sql(LATEST)
    found = {}
    for (carrier,) in db.execute_sql("SELECT carrier FROM front").fetchall():
        _take_back(db, fronts.of_carrier(carrier), found)
    rows = [(number, seq, ts_ms, msgspec.msgpack.encode(steps)) for number, (seq, ts_ms, steps) in found.items()]
    db.write_many(ORDERED, rows)
    db.execute_sql("DROP TABLE front")
    _recode(db, _unpacked)
    if not db.shared:
        _count(db, " AUTOINCREMENT")


def _count(db, how):
    last = db.execute_sql(LAST).fetchone()[0]
    for statement in COUNTED:
        db.execute_sql(statement.format(how))
    if last is not None:  # all of it may be sealed and gone
        empty = (last, 0, 0, 0, msgspec.msgpack.encode([]))
        db.write_many(
            "INSERT OR IGNORE INTO batch (batch_no, carrier, low_ms, high_ms, body) VALUES (?, ?, ?, ?, ?)", [empty]
        )


def _front(db, rows):
    """The Front of (terminal number, seq, ts_ms, body) rows of `latest`."""
    numbers, seq, ts_ms, bodies = zip(*rows, strict=True)
    first, seq, ts_ms = [], np.array(seq), np.array(ts_ms)
    for number, highest in zip(numbers, seq.tolist(), strict=True):
        low, last = db.execute_sql(RUN, (number,)).fetchone()
        if last == highest:
            db.execute_sql(NO_LONGER, (number, low))
        first.append(low if last == highest else highest)
    front = fronts.Front(np.array(numbers), np.array(first), seq, ts_ms, {})
    for at, body in enumerate(bodies):
        for channel_id, said in msgspec.msgpack.decode(body, strict=False).items():
            own = said if isinstance(said, list) else (seq[at], ts_ms[at], said)
            newest = fronts.newest_of(front, channel_id)
            newest.seq[at], newest.ts_ms[at], newest.steps[at] = *own[:2], own[2] or 0
            newest.states[at] = own[2] is None
    return front


def _take_back(db, front, found):
    """Put a Front's runs into the ledger, and its values into {terminal number: (seq, ts_ms, {channel id: said})}."""
    heads = (column.tolist() for column in front[:4])
    for at, (number, first, seq, ts_ms) in enumerate(zip(*heads, strict=True)):
        if not seq:
            continue
        db.execute_sql(AGAIN, (number, first, seq))
        here, (highest, its_ms, there) = {}, found.get(number, (0, 0, {}))
        for channel_id, newest in front.channels.items():
            own, own_ms, steps, state = (int(values[at]) for values in newest)
            if own and own >= (there.get(channel_id) or (0,))[0]:
                here[channel_id] = [own, own_ms, None if state else steps]
        found[number] = (*max((seq, ts_ms), (highest, its_ms)), there | here)


def _recode(db, again):
    for (batch_no,) in db.execute_sql("SELECT batch_no FROM batch").fetchall():
        body = db.execute_sql("SELECT body FROM batch WHERE batch_no = ?", (batch_no,)).fetchone()[0]
        parts = [again(*part) for part in msgspec.msgpack.decode(body)]
        db.execute_sql("UPDATE batch SET body = ? WHERE batch_no = ?", (msgspec.msgpack.encode(parts), batch_no))


def _packed(numbers, starts, seq, ts_ms, which, channel_ids, bad_ids, table):
    numbers, starts, seq = np.frombuffer(numbers, NUMBER), np.frombuffer(starts, NUMBER), np.frombuffer(seq, WIDE)
    rows = 1 + len(which) + len(channel_ids) + len(bad_ids)
    table = np.frombuffer(table, NARROW if len(table) == rows * len(seq) * 4 else WIDE).reshape(rows, -1).astype(WIDE)
    table[0] += ts_ms
    owners = planes.packed(np.array((numbers, starts[:-1]), WIDE))
    return len(numbers), owners, len(seq), which, channel_ids, bad_ids, planes.packed(np.vstack((seq, table)))


def _unpacked(terminals, owners, count, which, channel_ids, bad_ids, table):
    numbers, starts = planes.unpacked(owners, 2, terminals)
    seq, *table = planes.unpacked(table, 2 + len(which) + len(channel_ids) + len(bad_ids), count)
    table, starts = np.array(table, WIDE), np.append(starts, count).astype(NUMBER)
    ts_ms = int(table[0][0])
    table[0] -= ts_ms
    if table.min() >= -(2**31) and table.max() < 2**31:
        table = table.astype(NARROW)
    heads = (numbers.astype(NUMBER).tobytes(), starts.tobytes(), seq.tobytes())
    return *heads, ts_ms, which, channel_ids, bad_ids, table.tobytes()
