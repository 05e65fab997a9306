"""Storing readings: each (terminal, number) once, however often and in whatever order it comes."""

from collections import namedtuple

from collector import db
from collector.readings import hours, latest, ledger
from collector.readings.columns import BIT, HEAD
from firmware.processing.intervals import holds

# Readings of one terminal that measured the same channels, as columns of equal length.
# values: {channel: [float in its unit, or None if measured and bad]}
# from_seq..seq: the numbers an aggregated reading stands for
Block = namedtuple("Block", ("terminal_id", "seq", "ts_ms", "flags", "from_seq", "windows", "values"))

Appended = namedtuple("Appended", ("stored", "duplicate"))


def append(block):
    """Store what is new of a block, with its hours and latest values. Call it inside a transaction."""
    if not block.seq:
        return Appended(0, 0)
    rows = _new_rows(block)
    if rows:
        names = list(block.values)
        _insert(names, rows)
        latest.follow(block.terminal_id, names, rows)
        hours.follow(block.terminal_id, names, rows)
        ledger.add(block.terminal_id, ledger.STORED, [(row[3], row[2]) for row in rows])
    return Appended(len(rows), len(block.seq) - len(rows))


def _new_rows(block):
    """The readings whose number is not stored, as tuples in the order of HEAD and then of the block's channels."""
    stored = ledger.intervals_of(block.terminal_id, ledger.STORED, min(block.seq), max(block.seq))
    rows, seen = [], set()
    columns = zip(block.ts_ms, block.seq, block.from_seq, block.windows, block.flags, _invalid(block), strict=True)
    values = zip(*block.values.values(), strict=True) if block.values else [()] * len(block.seq)
    for head, measured in zip(columns, values, strict=True):
        seq = head[1]
        if seq not in seen and not holds(stored, seq):
            seen.add(seq)
            rows.append((block.terminal_id, *head, *measured))
    return rows


def _invalid(block):
    """Per reading the bits of the channels that were measured and bad."""
    masks = [0] * len(block.seq)
    for name, values in block.values.items():
        if None in values:
            bit = BIT[name]
            masks = [mask | bit if value is None else mask for mask, value in zip(masks, values, strict=True)]
    return masks


def _insert(names, rows):
    columns = HEAD + tuple(names)
    marks = ", ".join("?" * len(columns))
    db.write_many(f"INSERT INTO reading ({', '.join(columns)}) VALUES ({marks})", rows)
