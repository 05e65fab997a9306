"""Storing readings: each (terminal, number) once, however often and in whatever order it comes.

What comes is kept as it came, one chunk for each terminal and hour of an upload, in the order of arrival; sealing.py
folds closed hours into blocks. A batch costs a few rows for each terminal, never one for each reading.
"""

from collections import namedtuple

from collector import db
from collector.readings import latest, ledger
from collector.readings.chunk import by_hour, pack, picked
from collector.readings.sources import numbered
from firmware.processing.intervals import holds, merged

Appended = namedtuple("Appended", ("stored", "duplicate"))


def append(blocks, carrier=0):
    """Store what is new of these Blocks, with the latest values. Call it inside a transaction.

    `carrier` is the number of the gateway that brought them: its batches are where a terminal's chunks are looked for.
    """
    blocks = [block for block in blocks if block.seq]
    if not blocks:
        return Appended(0, 0)
    numbers = numbered(list({block.terminal_id for block in blocks}))
    fresh, grown = _new_of([(numbers[block.terminal_id], block) for block in blocks])
    if fresh:
        _keep(fresh, carrier)
        latest.follow(fresh)
        ledger.write(ledger.STORED, grown)
    stored = sum(len(block.seq) for _number, block in fresh)
    return Appended(stored, sum(len(block.seq) for block in blocks) - stored)


def _new_of(pairs):
    """Of (terminal number, Block) pairs those readings whose number is not stored, and how the ledger grows by them."""
    spans = {}
    for number, block in pairs:
        span = (min(block.from_seq or block.seq), max(block.seq))
        low, high = spans.get(number, span)
        spans[number] = (min(low, span[0]), max(high, span[1]))
    near = ledger.near(ledger.STORED, spans)
    fresh, grown = [], {}
    for number, block in pairs:
        old, new = grown.get(number) or (near.get(number, []), [])
        block = _without(block, merged(old + new) if new else old, *spans[number])
        if block.seq:
            fresh.append((number, block))
            intervals = _intervals(block)
            grown[number] = (old, merged(new + intervals) if new else intervals)
    return fresh, grown


def _without(block, stored, low, high):
    """The readings of a block whose number is not stored; low..high holds all its numbers."""
    seq = block.seq
    if len(set(seq)) == len(seq) and all(last < low or first > high for first, last in stored):
        return block
    return picked(block, _unstored(seq, stored))


def _intervals(block):
    seq = block.seq
    if block.from_seq is None and seq[-1] - seq[0] + 1 == len(seq) == max(seq) - min(seq) + 1:
        return [(seq[0], seq[-1])]
    return merged(zip(block.from_seq or seq, seq, strict=True))


def _unstored(seq, stored):
    """The rows whose number is not stored, of each number the first."""
    rows, seen = [], set()
    for row, number in enumerate(seq):
        if number not in seen and not holds(stored, number):
            seen.add(number)
            rows.append(row)
    return rows


def _keep(fresh, carrier):
    low_ms = min(min(block.ts_ms) for _number, block in fresh)
    high_ms = max(max(block.ts_ms) for _number, block in fresh)
    batch_no = db.insert("INSERT INTO batch (carrier, low_ms, high_ms) VALUES (?, ?, ?)", (carrier, low_ms, high_ms))
    chunks, parts = [], {}
    for number, block in fresh:
        for hour_no, part in by_hour(block):
            parts[number] = at = parts.get(number, -1) + 1
            chunks.append((batch_no, number, at, hour_no, pack(part)))
    db.write_many("INSERT INTO chunk (batch_no, terminal_no, part, hour_no, body) VALUES (?, ?, ?, ?, ?)", chunks)
    _note_carrier(parts, carrier)


def _note_carrier(numbers, carrier):
    """Remember who brings these terminals."""
    marks = ", ".join("?" * len(numbers))
    sql = f"SELECT terminal_no FROM carried WHERE carrier = ? AND terminal_no IN ({marks})"
    known = {number for (number,) in db.rows(sql, (carrier, *numbers))}
    if len(known) < len(numbers):
        new = [(number, carrier) for number in numbers if number not in known]
        db.write_many("INSERT INTO carried (terminal_no, carrier) VALUES (?, ?)", new)
