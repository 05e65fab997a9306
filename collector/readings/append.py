"""Storing readings: each (terminal, number) once, however often and in whatever order it comes.

What comes is kept as it came, one row for an upload; sealing.py folds closed hours into blocks.
A batch costs two small rows for each terminal beside it, never one for each reading.
"""

from collections import namedtuple

import numpy as np

from collector.readings import latest, ledger
from collector.readings.arrival import ends_of, kept, side_by_side
from collector.readings.sources import numbered
from collector.readings.stores import store
from firmware.processing.intervals import holds, merged

Appended = namedtuple("Appended", ("stored", "duplicate"))


def append(blocks, carrier=0):
    """Store what is new of these Blocks. Call it inside a transaction."""
    return take(side_by_side(blocks), carrier)


def take(arrivals, carrier=0):
    """Store what is new of these Arrivals, with the latest values. Call it inside a transaction.

    `carrier` is the number of the gateway that brought them: a terminal's readings are looked for in its batches.
    """
    arrivals = [arrival for arrival in arrivals if arrival.terminal_ids]
    if not arrivals:
        return Appended(0, 0)
    numbers = numbered(list({terminal_id for arrival in arrivals for terminal_id in arrival.terminal_ids}))
    fresh, grown = _new_of(arrivals, numbers)
    if fresh:
        pairs = [([numbers[terminal_id] for terminal_id in arrival.terminal_ids], arrival) for arrival in fresh]
        store().keep(pairs, carrier)
        latest.follow(pairs)
        ledger.write(ledger.STORED, grown)
    stored = sum(len(arrival.columns.seq) for arrival in fresh)
    return Appended(stored, sum(len(arrival.columns.seq) for arrival in arrivals) - stored)


def _new_of(arrivals, numbers):
    """(Arrivals of the readings whose number is not stored, how the ledger grows by them)."""
    spans, stretches = {}, []
    for arrival in arrivals:
        stretches.append(_stretches(arrival, numbers))
        for number, low, high, _whole, _at, _end in stretches[-1]:
            old = spans.get(number)
            spans[number] = (min(low, old[0]), max(high, old[1])) if old else (low, high)
    near, grown = ledger.near(ledger.STORED, spans), {}
    fresh = [_unstored(arrival, some, near, grown) for arrival, some in zip(arrivals, stretches, strict=True)]
    return [arrival for arrival in fresh if arrival.terminal_ids], grown


def _stretches(arrival, numbers):
    """[(terminal number, least and highest number, whether it is one interval in order, its rows)] of an Arrival."""
    seq, starts = arrival.columns.seq, arrival.starts
    first = seq - arrival.columns.behind
    follows = np.concatenate(([True], first[1:] == seq[:-1] + 1))
    follows[starts] = True
    parts = (
        np.minimum.reduceat(first, starts),
        np.maximum.reduceat(seq, starts),
        np.logical_and.reduceat(follows, starts),
        starts,
        ends_of(arrival),
    )
    owners = [numbers[terminal_id] for terminal_id in arrival.terminal_ids]
    return list(zip(owners, *(part.tolist() for part in parts), strict=True))


def _unstored(arrival, stretches, near, grown):
    """The Arrival of what is not stored; `grown` takes what the ledger grows by."""
    keep = None
    for number, low, high, whole, row, end in stretches:
        old, new = grown.get(number) or (near.get(number, ()), ())
        stored = merged([*old, *new]) if new else old
        if whole and all(last < low or first > high for first, last in stored):
            intervals = [(low, high)]
        else:
            keep = np.ones(len(arrival.columns.seq), bool) if keep is None else keep
            keep[row:end], intervals = _picked(arrival.columns, slice(row, end), stored)
        if intervals:
            grown[number] = (old, merged([*new, *intervals]) if new else intervals)
    return arrival if keep is None or keep.all() else kept(arrival, keep)


def _picked(columns, rows, stored):
    """(which of these rows have a number that is not stored, of each number the first; their merged intervals)."""
    seq = columns.seq[rows].tolist()
    first = (columns.seq[rows] - columns.behind[rows]).tolist()
    truths, seen = [], set()
    for number in seq:
        truths.append(number not in seen and not holds(stored, number))
        seen.add(number)
    picked = zip(first, seq, truths, strict=True)
    return truths, merged((one, last) for one, last, is_new in picked if is_new)
