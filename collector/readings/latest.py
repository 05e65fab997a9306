"""The latest value of each channel of a terminal: of the highest number, whatever the clock said. See front.py."""

from collections import namedtuple
from itertools import repeat

import numpy as np

from collector import db
from collector.readings import front as fronts
from collector.readings.arrival import newest_of
from collector.readings.columns import INVALID
from collector.readings.front import Newest
from collector.readings.sources import NUMBERED, numbers_of
from firmware.protocol.channels import CHANNELS

Latest = namedtuple("Latest", ("terminal_id", "channel", "seq", "ts_ms", "value"))  # value None: measured and bad

NAMES = {channel.id: (channel.name, channel.scale) for channel in CHANNELS}


def follow(front, pairs):
    """Take over the newest of freshly stored (terminal numbers, Arrival) pairs, whose runs `front` has already."""
    for numbers, arrival in pairs:
        rows, once = newest_of(arrival), len(set(numbers)) == len(numbers)
        numbers = np.array(numbers)
        if once:
            _follow(front, numbers, arrival.columns, rows)
        else:
            for at in range(len(numbers)):  # a terminal that stands twice in an upload
                _follow(front, numbers[at : at + 1], arrival.columns, rows[at : at + 1])


def _follow(front, numbers, columns, rows):
    place, seq, ts_ms = fronts.place_of(front, numbers), columns.seq[rows], columns.ts_ms[rows]
    highest = seq == front.seq[place]
    front.ts_ms[place[highest]] = ts_ms[highest]
    for channel_id, steps in columns.steps.items():
        newest = fronts.newest_of(front, channel_id)
        newer = seq > newest.seq[place]
        at, some = place[newer], rows[newer]
        newest.seq[at], newest.ts_ms[at], newest.steps[at] = seq[newer], ts_ms[newer], steps[some]
        newest.states[at] = columns.states[channel_id][some] if channel_id in columns.states else 0


def latest(terminal_ids):
    """[Latest] of these terminals, one per channel ever measured."""
    numbers = numbers_of(list(terminal_ids))
    there = fronts.of_terminals(list(numbers.values()))
    names = {number: terminal_id for terminal_id, number in numbers.items()}
    most = max((*names, *(int(front.numbers.max(initial=0)) for front in there)), default=0)
    wanted = np.zeros(1 + most, bool)
    wanted[list(names)] = True
    out = []
    for channel_id in dict.fromkeys(channel_id for front in there for channel_id in front.channels):
        some = [front for front in there if channel_id in front.channels]
        out += _of_channel(channel_id, some, wanted, names)
    return out


def _of_channel(channel_id, some, wanted, names):
    """Latest of a channel, from Fronts that hold it, of the terminals that are wanted: a truth for each number."""
    numbers = np.concatenate([front.numbers for front in some])
    newest = Newest(*map(np.concatenate, zip(*(front.channels[channel_id] for front in some), strict=True)))
    rows = np.flatnonzero(wanted[numbers] & (newest.seq > 0))
    if np.bincount(numbers[rows]).max(initial=0) > 1:  # who went to another gateway: the highest number counts
        order = rows[np.lexsort((newest.seq[rows], numbers[rows]))]
        rows = order[np.append(np.diff(numbers[order]) > 0, True)]
    name, scale = NAMES[channel_id]
    values = (newest.steps[rows] / scale).tolist()
    for at in np.flatnonzero(newest.states[rows] == INVALID).tolist():
        values[at] = None
    who = map(names.__getitem__, numbers[rows].tolist())
    told = zip(who, repeat(name), newest.seq[rows].tolist(), newest.ts_ms[rows].tolist(), values, strict=False)
    return map(tuple.__new__, repeat(Latest), told)  # as Latest(*one) would, at a third of its time


def newest():
    """{terminal_id: the instant of its newest reading} of all terminals, without opening what was measured."""
    instants = newest_of_numbers().tolist()
    found = ((terminal_id, instants[number]) for terminal_id, number in db.rows(NUMBERED) if number < len(instants))
    return {terminal_id: ts_ms for terminal_id, ts_ms in found if ts_ms >= 0}


def newest_of_numbers():
    """The instant of the newest reading of the terminal of each number, an array; -1 where there is none."""
    there = list(fronts.every())
    most = 1 + max((int(front.numbers[-1]) for front in there if len(front.numbers)), default=-1)
    seq, ts_ms = np.zeros(most, np.int64), np.full(most, -1)
    for front in there:
        newer = front.seq > seq[front.numbers]
        at = front.numbers[newer]
        seq[at], ts_ms[at] = front.seq[newer], front.ts_ms[newer]
    return ts_ms
