"""The latest value of each channel of a terminal: of the highest number, whatever the clock said. See front.py."""

from collections import namedtuple
from itertools import repeat

import numpy as np

from collector import db
from collector.readings import front as fronts
from collector.readings.arrival import newest_of
from collector.readings.columns import INVALID
from collector.readings.sources import numbers_of
from firmware.protocol.channels import CHANNELS

Latest = namedtuple("Latest", ("terminal_id", "channel", "seq", "ts_ms", "value"))  # value None: measured and bad

# a question for others to ask within theirs: (terminal_id, its number) of all terminals
NUMBERED = "SELECT terminal_id, terminal_no FROM source"

NAMES = {channel.id: (channel.name, channel.scale) for channel in CHANNELS}


def follow(front, pairs):
    """Take over the newest of freshly stored (terminal numbers, Arrival) pairs, whose runs `front` has already."""
    for numbers, arrival in pairs:
        rows, numbers = newest_of(arrival), np.array(numbers)
        if len(np.unique(numbers)) == len(numbers):
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
    names, found = {number: terminal_id for terminal_id, number in numbers.items()}, {}
    for front in fronts.of_terminals(list(names)):
        wanted = np.isin(front.numbers, list(names))
        for channel_id, newest in front.channels.items():
            rows = np.flatnonzero(wanted & (newest.seq > 0))
            columns = (front.numbers, *newest)
            for number, seq, *said in zip(*(column[rows].tolist() for column in columns), strict=True):
                key = (number, channel_id)
                if key not in found or found[key][0] < seq:
                    found[key] = (seq, *said)
    out = []
    for (number, channel_id), (seq, ts_ms, steps, state) in found.items():
        name, scale = NAMES[channel_id]
        out.append((names[number], name, seq, ts_ms, None if state == INVALID else steps / scale))
    return list(map(tuple.__new__, repeat(Latest), out))  # as Latest(*one) would, at a third of its time


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
