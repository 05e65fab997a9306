"""Folding what has come into blocks, in the background: closed hours first, then closed days.

Each step is a transaction of its own and safe to repeat. A block says the last batch it holds, so that a chunk is
counted in one place only, wherever the work was cut. Late readings open the block of their hour, or day, once more.
What stands in blocks is dropped from the chunks at the end. One process seals.
"""

from collections import namedtuple

from collector import db
from collector.readings import blocks, chunk, columns, rollup, sealed
from collector.readings.blocks import DAY
from collector.readings.chunk import HOUR_MS

GRACE_MS = 600_000  # an hour is closed so long after its end
TERMINALS = 20  # put into their blocks in one transaction, so that an upload waits for no more than these
BATCHES = 500  # dropped in one

# A block to be written: `body` its bytes, `sums` {hour number: sums} of the hours that changed, `count` new readings.
Made = namedtuple("Made", ("terminal_no", "hour_no", "hours", "body", "sums", "count"))

_TERMINALS = "SELECT DISTINCT terminal_no FROM batch JOIN carried USING (carrier) WHERE low_ms < ? AND batch_no <= ?"
_CHUNKS = (
    "SELECT chunk.hour_no, chunk.batch_no, chunk.body FROM carried CROSS JOIN batch ON batch.carrier = carried.carrier "
    "CROSS JOIN chunk ON chunk.batch_no = batch.batch_no AND chunk.terminal_no = carried.terminal_no "
    "WHERE carried.terminal_no = ? AND batch.low_ms < ? AND batch.batch_no <= ? AND chunk.hour_no < ? "
    "ORDER BY chunk.batch_no"
)


def seal(now_ms):
    """Fold all closed hours, then all closed days. The number of readings that were sealed now."""
    first_open = (now_ms - GRACE_MS) // HOUR_MS
    last_batch = db.rows("SELECT coalesce(max(batch_no), 0) FROM batch")[0][0]
    terminals = sorted(number for (number,) in db.rows(_TERMINALS, (first_open * HOUR_MS, last_batch)))
    count = 0
    for at in range(0, len(terminals), TERMINALS):
        group = terminals[at : at + TERMINALS]
        made = [one for terminal_no in group for one in _made_of(terminal_no, last_batch, first_open)]
        with db.write():
            for one in made:
                blocks.put(one.terminal_no, one.hour_no, one.hours, last_batch, one.body)
                rollup.put(one.terminal_no, one.sums)
        count += sum(one.count for one in made)
    _drop(last_batch, first_open)
    _fold_days(first_open)
    return count


def retire(before_ms):
    """Forget the blocks that end before an instant; the sums of their hours stay. How many."""
    with db.write():
        return blocks.retire(before_ms // HOUR_MS)


def _made_of(terminal_no, last_batch, first_open):
    """[Made] of a terminal's chunks of closed hours that no block holds yet."""
    rows = db.rows(_CHUNKS, (terminal_no, first_open * HOUR_MS, last_batch, first_open))
    if not rows:
        return []
    first, last = min(row[0] for row in rows) // DAY * DAY, max(row[0] for row in rows) // DAY * DAY + DAY
    kept = blocks.within(terminal_no, first, last)
    through, parts = blocks.through_of(kept), {}
    for hour_no, batch_no, body in rows:
        if batch_no > through.get(hour_no, 0):
            key = _place(hour_no, kept, first_open)
            parts.setdefault(key, []).append(columns.of_chunk(chunk.unpack(body)))
    old = {(one.hour_no, one.hours): one for one in kept}
    return [_made(terminal_no, key, old.get(key), some) for key, some in parts.items()]


def _place(hour_no, kept, first_open):
    """(first hour, hours) of the block for an hour: the one that is there, a day that is over, or the hour alone."""
    day_no = hour_no // DAY
    same_day = [(one.hour_no, one.hours) for one in kept if one.hour_no // DAY == day_no]
    there = [(first, hours) for first, hours in same_day if first <= hour_no < first + hours]
    if there:
        return there[0]
    return (hour_no, 1) if same_day or day_no >= first_open // DAY else (day_no * DAY, DAY)


def _made(terminal_no, place, old, parts):
    touched = {int(hour) for part in parts for hour in part.ts_ms // HOUR_MS}
    count = sum(len(part.seq) for part in parts)
    if old is not None:
        parts = [*_opened(terminal_no, old), *parts]
    found = columns.by_number(columns.joined(parts))
    hours = found.ts_ms // HOUR_MS
    sums = {hour: rollup.of_columns(columns.picked(found, hours == hour)) for hour in touched}
    return Made(terminal_no, *place, sealed.seal(found), sums, count)


def _opened(terminal_no, old):
    """[Columns] of a block; none when its bytes are damaged: those are set aside, for somebody to look at."""
    try:
        return [blocks.unsealed(terminal_no, old)]
    except sealed.Damaged as error:
        with db.write():
            blocks.set_aside(terminal_no, old, str(error))
        return []


def _drop(last_batch, first_open):
    """Forget the chunks that stand in blocks now."""
    before_ms = first_open * HOUR_MS
    sql = "SELECT batch_no FROM batch WHERE low_ms < ? AND batch_no <= ? ORDER BY batch_no"
    numbers = [number for (number,) in db.rows(sql, (before_ms, last_batch))]
    for at in range(0, len(numbers), BATCHES):
        group = [(number,) for number in numbers[at : at + BATCHES]]
        with db.write():
            db.write_many(f"DELETE FROM chunk WHERE batch_no = ? AND hour_no < {first_open:d}", group)
            db.write_many(f"DELETE FROM batch WHERE batch_no = ? AND high_ms < {before_ms:d}", group)
            db.write_many(f"UPDATE batch SET low_ms = {before_ms:d} WHERE batch_no = ?", group)


def _fold_days(first_open):
    """Make one block of each terminal's hours of a day that is over."""
    days = {}
    for terminal_no, hour_no in blocks.single_hours():
        if hour_no // DAY < first_open // DAY:
            days.setdefault((terminal_no, hour_no // DAY), []).append(hour_no)
    for (terminal_no, day_no), hours in days.items():
        _fold_day(terminal_no, day_no * DAY, hours)


def _fold_day(terminal_no, first_hour, hours):
    kept = blocks.within(terminal_no, hours[0], hours[-1] + 1)
    parts = [part for one in kept for part in _opened(terminal_no, one)]
    if parts:
        body = sealed.seal(columns.by_number(columns.joined(parts)))
        with db.write():
            blocks.drop(terminal_no, hours)
            blocks.put(terminal_no, first_hour, DAY, max(one.through for one in kept), body)
