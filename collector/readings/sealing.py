"""Folding what has come into blocks, in the background: closed hours first, then closed days.

Each step is a transaction of its own and safe to repeat. A block says the last upload it holds, so that a reading is
counted in one place only, wherever the work was cut. Late readings open the block of their hour, or day, once more.
An upload of which all stands in blocks is dropped at the end. One process seals.
"""

from collections import namedtuple
from itertools import islice
from time import sleep, thread_time

import numpy as np

from collector import db
from collector.readings import blocks, columns, following, hot, incoming, rollup, sealed
from collector.readings.blocks import DAY
from collector.readings.incoming import HOUR_MS

GRACE_MS = 600_000  # an hour is closed so long after its end
TERMINALS = 20  # put into their blocks in one transaction, so that an upload waits for no more than these
BYTES = 2_000_000  # of a gateway's uploads taken up at a time, so that memory holds no more than these

# A block to be written: `body` its bytes, `sums` {hour number: sums} of the hours that changed, `more` the same to be
# added where a damaged block was set aside, `count` new readings.
Made = namedtuple("Made", ("terminal_no", "hour_no", "hours", "body", "sums", "more", "count"))

_CARRIERS = "SELECT DISTINCT carrier FROM batch WHERE low_ms < ?"
_OVER = "SELECT batch_no, length(body) FROM batch WHERE carrier = ? AND low_ms < ? ORDER BY batch_no"
_TERMINALS = "SELECT terminal_no FROM carried WHERE carrier = ?"
_BATCHES = (
    "SELECT batch_no, low_ms, body FROM batch WHERE carrier IN (SELECT others.carrier FROM carried "
    "JOIN carried AS others ON others.terminal_no = carried.terminal_no WHERE carried.carrier = ?) "
    "AND low_ms < ? AND batch_no <= ? ORDER BY batch_no"
)


def seal(now_ms, rests=0.0):
    """Fold all closed hours, then all closed days. The number of readings that were sealed now.

    A gateway after the other: an hour of one is taken up at once, so that each of its terminals gets its block once.
    `rests`: after each transaction so many times as long as it took of the processor, so that others have their turn.
    """
    first_open, count = (now_ms - GRACE_MS) // HOUR_MS, 0
    for (carrier,) in db.rows(_CARRIERS, (first_open * HOUR_MS,)):
        while last_batch := _last_of(db.rows(_OVER, (carrier, first_open * HOUR_MS))):
            count += _seal_through(carrier, last_batch, first_open, rests)
            _drop(carrier, last_batch, first_open)
    _fold_days(first_open, rests)
    return count


def _last_of(batches):
    """The last of (number, bytes) pairs that memory may hold together with those before it; None when there is none."""
    last, total = None, 0
    for batch_no, size in batches:
        total += size
        if last is not None and total > BYTES:
            break
        last = batch_no
    return last


def _seal_through(carrier, last_batch, first_open, rests):
    """Put what uploads up to one have brought of a gateway's terminals and closed hours into blocks. How many."""
    found = _incoming(carrier, last_batch, first_open)
    made = (one for terminal_no, hours in found for one in _made_of(terminal_no, hours, first_open))
    count, worked_s = 0, thread_time()
    while group := list(islice(made, TERMINALS)):
        with db.write():
            for one in group:
                blocks.put(one.terminal_no, one.hour_no, one.hours, last_batch, one.body)
                rollup.put(one.terminal_no, one.sums)
                rollup.grow(one.terminal_no, one.more)
        count += sum(one.count for one in group)
        sleep(rests * (thread_time() - worked_s))
        worked_s = thread_time()
    return count


def retire(before_ms):
    """Forget the blocks that end before an instant; the sums of their hours stay. How many."""
    with db.write():
        return blocks.retire(before_ms // HOUR_MS)


def _incoming(carrier, last_batch, first_open):
    """(terminal number, [(hour number, Columns)]) of a gateway's terminals and closed hours that no block holds yet."""
    group = [number for (number,) in db.rows(_TERMINALS, (carrier,))]
    parts, owners, batches = [], [], []
    for batch_no, low_ms, body in db.rows(_BATCHES, (carrier, first_open * HOUR_MS, last_batch)):
        for part in incoming.unpacked(body):
            parts.append(part.columns)
            owners.append(np.repeat(part.numbers, np.diff(part.starts)))
            batches.append((len(part.columns.seq), batch_no, low_ms))
    if not parts:
        return
    found, owners = columns.joined(parts), np.concatenate(owners)
    counts, batch_no, low_ms = (np.array(values) for values in zip(*batches, strict=True))
    rows = np.flatnonzero((found.ts_ms // HOUR_MS < first_open) & np.isin(owners, group))
    rows = rows[np.argsort(owners[rows], kind="stable")]
    batch_no, low_ms = np.repeat(batch_no, counts), np.repeat(low_ms, counts)
    for mine in np.split(rows, np.flatnonzero(np.diff(owners[rows])) + 1) if len(rows) else ():
        wanted = np.ones(len(mine), bool)
        some = hot.open_of(int(owners[mine[0]]), columns.picked(found, mine), batch_no[mine], low_ms[mine], wanted)
        yield int(owners[mine[0]]), some


def _made_of(terminal_no, hours, first_open):
    """[Made] of (hour number, Columns) pairs of a terminal."""
    if not hours:
        return []
    kept = blocks.within(terminal_no, hours[0][0] // DAY * DAY, hours[-1][0] // DAY * DAY + DAY)
    parts = {}
    for hour_no, found in hours:
        parts.setdefault(_place(hour_no, kept, first_open), []).append(found)
    old = {(one.hour_no, one.hours): one for one in kept}
    return [_made(terminal_no, place, old.get(place), some) for place, some in parts.items()]


def _place(hour_no, kept, first_open):
    """(first hour, hours) of the block for an hour: the one that is there, a day that is over, or the hour alone."""
    day_no = hour_no // DAY
    same_day = [(one.hour_no, one.hours) for one in kept if one.hour_no // DAY == day_no]
    there = [(first, hours) for first, hours in same_day if first <= hour_no < first + hours]
    if there:
        return there[0]
    return (hour_no, 1) if same_day or day_no >= first_open // DAY else (day_no * DAY, DAY)


def _made(terminal_no, place, old, parts):
    fresh = columns.joined(parts)
    touched = set(np.unique(fresh.ts_ms // HOUR_MS).tolist())
    parts = [fresh] if old is None else [*_opened(terminal_no, old), fresh]
    found = columns.by_number(columns.joined(parts))
    lost = blocks.set_aside_hours(terminal_no, place[0], place[0] + place[1]) & touched
    sums, more = _sums(found, touched - lost), _sums(fresh, lost)
    return Made(terminal_no, *place, sealed.seal(found), sums, more, len(fresh.seq))


def _sums(found, wanted):
    hours = found.ts_ms // HOUR_MS
    return {hour: rollup.of_columns(columns.picked(found, hours == hour)) for hour in wanted}


def _opened(terminal_no, old):
    """[Columns] of a block; none when its bytes are damaged: those are set aside, for somebody to look at."""
    try:
        return [blocks.unsealed(terminal_no, old)]
    except sealed.Damaged as error:
        with db.write():
            blocks.set_aside(terminal_no, old, str(error))
        return []


def _drop(carrier, last_batch, first_open):
    """Forget a gateway's uploads of which all stands in blocks now and that nobody has still to follow.

    Of the others remember up to when it does.
    """
    before_ms = first_open * HOUR_MS
    mine = "carrier = ? AND batch_no <= ?"
    with db.write():
        passed = following.passed()
        seen = last_batch if passed is None else min(passed, last_batch)
        incoming.forget(f"high_ms < ? AND {mine}", (before_ms, carrier, seen))
        db.change(
            f"UPDATE batch SET low_ms = ? WHERE low_ms < ? AND {mine}", (before_ms, before_ms, carrier, last_batch)
        )


def _fold_days(first_open, rests):
    """Make one block of each terminal's hours of a day that is over."""
    days = {}
    for terminal_no, hour_no in blocks.single_hours():
        if hour_no // DAY < first_open // DAY:
            days.setdefault((terminal_no, hour_no // DAY), []).append(hour_no)
    for (terminal_no, day_no), hours in days.items():
        worked_s = thread_time()
        _fold_day(terminal_no, day_no * DAY, hours)
        sleep(rests * (thread_time() - worked_s))


def _fold_day(terminal_no, first_hour, hours):
    kept = blocks.within(terminal_no, hours[0], hours[-1] + 1)
    parts = [part for one in kept for part in _opened(terminal_no, one)]
    if parts:
        body = sealed.seal(columns.by_number(columns.joined(parts)))
        with db.write():
            blocks.drop(terminal_no, hours)
            blocks.put(terminal_no, first_hour, DAY, max(one.through for one in kept), body)
