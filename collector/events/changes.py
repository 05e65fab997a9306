"""How far values have risen or fallen within a while, with a small memory: extremes of eighths of that while. No I/O.

A reading is compared with everything since the beginning of the eighth in which the while began. What is said depends
on the readings and their order alone, not on how they were dealt out to batches.

The memory of one channel and while is a table of nine rows (number of an eighth, least, greatest); an eighth has the
row of its number modulo nine.
"""

from collections import namedtuple

import numpy as np

PARTS = 8
ROWS = PARTS + 1
EMPTY = np.tile([-1.0, np.inf, -np.inf], (ROWS, 1))

# What one terminal's changes need to be gone on with. asked: ((channel, within_s), ...); tables: [asked, ROWS, 3]
Kept = namedtuple("Kept", ("asked", "tables"))
NONE = Kept((), np.empty((0, *EMPTY.shape)))


def tables_of(kept, asked):
    """The tables of a Kept for these channels and whiles, [asked, ROWS, 3]; EMPTY for those it does not know."""
    if kept.asked == asked:
        return kept.tables
    known = dict(zip(kept.asked, kept.tables, strict=True))
    return np.stack([known.get(one, EMPTY) for one in asked])


def written(kept):
    """A Kept as what JSON and msgpack can say."""
    return {f"{channel} {within_s}": table.tolist() for (channel, within_s), table in zip(*kept, strict=True)}


def read(said):
    """A Kept that was written down."""
    asked = tuple((channel, int(within_s)) for channel, within_s in (key.rsplit(" ", 1) for key in said))
    return Kept(asked, np.array(list(said.values()))) if said else NONE


def part_ms(within_s):
    """How long an eighth is."""
    return max(1, within_s * 1000 // PARTS)


def follow(memory, ts_ms, values, within_s):
    """(rises, falls, memory): how far above the least, below the greatest of the while each value of one terminal is.

    NaN where the value is. `memory` is a table, EMPTY in the beginning.
    """
    kept, rises, falls = memory.tolist(), [], []
    for part, value in zip((ts_ms // part_ms(within_s)).tolist(), values.tolist(), strict=True):
        if value == value:
            row = kept[part % ROWS]
            if row[0] != part:
                row[:] = part, value, value
            row[1], row[2] = min(row[1], value), max(row[2], value)
        rises.append(value - min([low for at, low, _high in kept if 0 <= part - at <= PARTS], default=np.inf))
        falls.append(max([high for at, _low, high in kept if 0 <= part - at <= PARTS], default=-np.inf) - value)
    return np.array(rises), np.array(falls), np.array(kept)


def step(tables, parts_ms, ts_ms, values):
    """The same (rises, falls) for one reading of each of several terminals, for several channels and whiles.

    tables: [terminal, while, row, 3], changed here; parts_ms: [while]; ts_ms: [terminal]; values: [terminal, while]
    """
    part = ts_ms[:, None] // parts_ms
    terminals, whiles = np.ogrid[: part.shape[0], : part.shape[1]]
    place = terminals, whiles, part % ROWS
    here, known = tables[place], np.isfinite(values)
    old = here[..., 0] == part
    low = np.where(old, np.minimum(here[..., 1], values), values)
    high = np.where(old, np.maximum(here[..., 2], values), values)
    tables[place] = np.where(known[..., None], np.stack((part, low, high), axis=-1), here)
    age = part[..., None] - tables[..., 0]
    inside = (age >= 0) & (age <= PARTS)
    least = np.where(inside, tables[..., 1], np.inf).min(axis=-1)
    greatest = np.where(inside, tables[..., 2], -np.inf).max(axis=-1)
    return values - least, greatest - values
