"""Storing readings: each (terminal, number) once, however often and in whatever order it comes.

What comes is kept as it came, one row for an upload; sealing.py folds closed hours into blocks.
Beside it an upload changes one row: the front of its gateway.
"""

from collections import namedtuple

import numpy as np

from collector.readings import front as fronts
from collector.readings import latest, ledger
from collector.readings.arrival import ends_of, kept, side_by_side
from collector.readings.sources import carried_by, numbered
from collector.readings.stores import store
from firmware.processing.intervals import holds, merged

Appended = namedtuple("Appended", ("stored", "duplicate"))

# Arrays: whose each stretch of an Arrival is, its least and highest number, whether it is one run in order, its rows
Stretches = namedtuple("Stretches", ("owners", "low", "high", "whole", "starts", "ends"))


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
    front = fronts.with_places(fronts.of_carrier(carrier), np.array(sorted(numbers.values())))
    shared = carried_by(carrier, list(numbers.values()))
    fresh, above, grown = _new_of(arrivals, numbers, front, shared)
    if fresh:
        pairs = [([numbers[terminal_id] for terminal_id in arrival.terminal_ids], arrival) for arrival in fresh]
        store().keep(pairs, carrier)
        ledger.extend(front, *above)
        ledger.store(front, grown)
        latest.follow(front, pairs)
        fronts.put(carrier, front)
    stored = sum(len(arrival.columns.seq) for arrival in fresh)
    return Appended(stored, sum(len(arrival.columns.seq) for arrival in arrivals) - stored)


def _new_of(arrivals, numbers, front, shared):
    """Arrivals of the readings whose number is not stored, and how the ledger grows by them.

    As nearly always: (terminal numbers, least, highest) of new runs above all that is stored, arrays. Else: {terminal
    number: (intervals near them, new ones)}. `shared`: terminals of which other gateways may have brought some.
    """
    some = [_stretches(arrival, numbers) for arrival in arrivals]
    owners, counts = np.unique(np.concatenate([one.owners for one in some]), return_counts=True)
    doubtful = np.append(owners[counts > 1], np.array(shared, np.int64))
    plain = [_are_above(one, front, doubtful) for one in some]
    others = [one._make(values[~is_plain] for values in one) for one, is_plain in zip(some, plain, strict=True)]
    near, grown = ledger.near(ledger.STORED, _spans(others)), {}
    fresh = [_unstored(arrival, one, near, grown) for arrival, one in zip(arrivals, others, strict=True)]
    above = [np.concatenate([one[n][is_plain] for one, is_plain in zip(some, plain, strict=True)]) for n in range(3)]
    return [arrival for arrival in fresh if arrival.terminal_ids], above, grown


def _stretches(arrival, numbers):
    """Stretches of an Arrival."""
    seq, starts = arrival.columns.seq, arrival.starts
    first = seq - arrival.columns.behind
    follows = np.concatenate(([True], first[1:] == seq[:-1] + 1))
    follows[starts] = True
    return Stretches(
        np.array([numbers[terminal_id] for terminal_id in arrival.terminal_ids]),
        np.minimum.reduceat(first, starts),
        np.maximum.reduceat(seq, starts),
        np.logical_and.reduceat(follows, starts),
        starts,
        ends_of(arrival),
    )


def _are_above(stretches, front, doubtful):
    """Which of them are one run above all that is stored of their terminal: nothing has to be looked up."""
    stored = front.seq[fronts.place_of(front, stretches.owners)]
    above = stretches.whole & (stored > 0) & (stretches.low > stored)
    return above & ~np.isin(stretches.owners, doubtful) if len(doubtful) else above


def _spans(stretches):
    """{terminal number: (least, highest)}."""
    spans = {}
    for one in stretches:
        for number, low, high in zip(*(values.tolist() for values in one[:3]), strict=True):
            old = spans.get(number, (low, high))
            spans[number] = (min(low, old[0]), max(high, old[1]))
    return spans


def _unstored(arrival, stretches, near, grown):
    """The Arrival of what is not stored; `grown` takes what the ledger grows by."""
    keep = None
    for number, low, high, whole, row, end in zip(*(values.tolist() for values in stretches), strict=True):
        old, new = grown.get(number) or (near.get(number, []), [])
        stored = merged([*old, *new])
        if whole and all(last < low or first > high for first, last in stored):
            intervals = [(low, high)]
        else:
            keep = np.ones(len(arrival.columns.seq), bool) if keep is None else keep
            keep[row:end], intervals = _picked(arrival.columns, slice(row, end), stored)
        if intervals:
            grown[number] = (old, merged([*new, *intervals]))
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
