"""Stored and not yet followed: each follower goes through the uploads in the order they were stored, and has a mark.

An upload is kept until all followers are past it. What is beyond a mark is what a crash left to do; a mark is a row, so
that following costs an upload nothing, and a terminal's row is written only when something of it has to be kept.
"""

from collections import namedtuple

import msgspec
import numpy as np

from collector import db
from collector.readings import columns, incoming
from collector.readings.arrival import Arrival
from collector.readings.sources import ids_of

BYTES = 10_000  # of uploads looked at in one go: some 300 to 1,000 readings, so that others may write in between

# arrival: an Arrival with each terminal once, its readings in the order of time, or None; last: upload
Fresh = namedtuple("Fresh", ("arrival", "last"))

_NEXT = "SELECT batch_no, body FROM batch WHERE batch_no > ? ORDER BY batch_no LIMIT 200"
_PUT = (
    "INSERT INTO remembered (name, terminal_id, body) VALUES (?, ?, ?) "
    "ON CONFLICT (name, terminal_id) DO UPDATE SET body = excluded.body"
)
_MARK = "INSERT INTO follower (name, through) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET through = excluded.through"


def mark_of(name):
    """The last upload that a follower has seen; None for one that has never followed."""
    found = db.rows("SELECT through FROM follower WHERE name = ?", (name,))
    return found[0][0] if found else None


def set_mark(name, through):
    """A follower has seen all uploads up to this one. Call it inside a transaction."""
    db.write_many(_MARK, [(name, through)])


def last_upload():
    """The number of the last upload that is there, 0 without any."""
    return db.rows("SELECT coalesce(max(batch_no), 0) FROM batch")[0][0]


def passed():
    """The last upload that all followers have seen; None where nobody follows."""
    return db.rows("SELECT min(through) FROM follower")[0][0]


def keep(pairs, carrier):
    """Keep what lies on other servers until it is followed, if anybody follows. Call it inside a transaction."""
    if passed() is not None:
        incoming.keep(pairs, carrier)


def drop_passed():
    """Forget what lies on other servers and all have followed. Call it inside a transaction."""
    incoming.forget("batch_no <= ?", (passed(),))


def fresh_after(through, wanted):
    """Fresh of what was stored after an upload of the terminals in the set `wanted`; None when nothing came."""
    parts, last, size = [], None, 0
    for batch_no, body in db.rows(_NEXT, (through,)):
        parts += incoming.unpacked(body)
        last, size = batch_no, size + len(body)
        if size > BYTES:
            break
    return None if last is None else Fresh(_of_each(parts, wanted), last)


def _of_each(parts, wanted):
    """An Arrival of these Parts with each wanted terminal once; None when there is none of them."""
    numbers = sorted({number for part in parts for number in part.numbers.tolist()})
    names = {number: name for number, name in ids_of(numbers).items() if name in wanted}
    owners = [np.repeat(part.numbers, np.diff(part.starts)).astype(np.int64) for part in parts]
    mine = [np.isin(one, list(names)) for one in owners]
    kept = [(part.columns, rows) for part, rows in zip(parts, mine, strict=True) if rows.any()]
    if not kept:
        return None
    found = columns.joined([one if rows.all() else columns.picked(one, rows) for one, rows in kept])
    owner = np.concatenate([one[rows] for one, rows in zip(owners, mine, strict=True)])
    order = np.lexsort((found.seq, found.ts_ms, owner))
    owner, found = owner[order], columns.picked(found, order)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    return Arrival([names[number] for number in owner[starts].tolist()], starts, found)


def remembered(name):
    """{terminal_id: what a follower remembers of it} as it was kept last."""
    sql = "SELECT terminal_id, body FROM remembered WHERE name = ?"
    return {terminal_id: msgspec.msgpack.decode(body) for terminal_id, body in db.rows(sql, (name,))}


def remember(name, known):
    """Keep {terminal_id: what a follower knows of it}: lists, numbers, texts. Call it inside a transaction."""
    db.write_many(_PUT, [(name, terminal_id, msgspec.msgpack.encode(one)) for terminal_id, one in known.items()])
