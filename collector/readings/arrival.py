"""Readings as they arrive: those of several terminals side by side in arrays, so that a check is one step for all."""

from collections import namedtuple
from itertools import chain, repeat

import numpy as np

from collector.readings import columns
from collector.readings.columns import INVALID, VALID, Columns

# Readings of one terminal that measured the same channels, as lists of equal length.
# seq, ts_ms: whole numbers; steps: {channel id: [whole number of the channel's steps, or None if measured and bad]}
# from_seq: the first number an aggregated reading stands for; windows, flags. Each None when none says anything
Block = namedtuple("Block", ("terminal_id", "seq", "ts_ms", "steps", "flags", "from_seq", "windows"))
Block.__new__.__defaults__ = (None, None, None)

# Readings of several terminals that measured the same channels. columns: Columns of all of them; terminal_ids: whose
# they are, one for each stretch of rows; starts: the first row of each stretch. No stretch is empty.
Arrival = namedtuple("Arrival", ("terminal_ids", "starts", "columns"))


def side_by_side(blocks):
    """[Arrival] of Blocks. Raises OverflowError when a number needs more than 64 bits."""
    groups = {}
    for block in blocks:
        if block.seq:
            groups.setdefault(tuple(sorted(block.steps)), []).append(block)
    return [_joined(channel_ids, group) for channel_ids, group in groups.items()]


def _joined(channel_ids, blocks):
    counts = [len(block.seq) for block in blocks]
    total = sum(counts)
    seq = _array([block.seq for block in blocks], total)
    behind = np.zeros(total, np.int64)
    if any(block.from_seq for block in blocks):
        behind = seq - _array([block.from_seq or block.seq for block in blocks], total)
    others = [
        _array([getattr(block, name) or repeat(default, len(block.seq)) for block in blocks], total)
        for name, default in (("windows", 1), ("flags", 0))
    ]
    steps, states = {}, {}
    for channel_id in channel_ids:
        values = list(chain.from_iterable(block.steps[channel_id] for block in blocks))
        if None in values:
            states[channel_id] = np.array([INVALID if value is None else VALID for value in values], np.uint8)
            values = [0 if value is None else value for value in values]
        steps[channel_id] = np.array(values, np.int64)
    heads = (seq, _array([block.ts_ms for block in blocks], total), behind, *others)
    starts = np.cumsum([0, *counts[:-1]])
    return Arrival([block.terminal_id for block in blocks], starts, Columns(*heads, steps, states))


def _array(lists, total):
    return np.fromiter(chain.from_iterable(lists), np.int64, total)


def ends_of(arrival):
    """The row behind each stretch."""
    return np.append(arrival.starts[1:], len(arrival.columns.seq))


def kept(arrival, rows):
    """The same with only these rows, an array of truths; stretches of which nothing is left are gone."""
    counts = np.add.reduceat(rows.astype(np.int64), arrival.starts)
    there = counts > 0
    terminal_ids = [terminal_id for terminal_id, is_there in zip(arrival.terminal_ids, there, strict=True) if is_there]
    counts = counts[there]
    return Arrival(terminal_ids, np.cumsum(counts) - counts, columns.picked(arrival.columns, rows))


def newest_of(arrival):
    """The row of the highest number in each stretch."""
    seq, ends = arrival.columns.seq, ends_of(arrival)
    rows = ends - 1
    for at in np.flatnonzero(seq[rows] != np.maximum.reduceat(seq, arrival.starts)):
        rows[at] = arrival.starts[at] + np.argmax(seq[arrival.starts[at] : ends[at]])
    return rows
