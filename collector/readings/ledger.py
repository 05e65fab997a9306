"""Which numbers of a terminal are stored: interval sets, kept where they grow.

The highest run stands in the front of the gateway that brought it, and only what is below has rows.
"""

import numpy as np

from collector import db
from collector.readings import front as fronts
from collector.readings.sources import number_of
from firmware.processing.intervals import merged, without

STORED = "stored"
MOST = 2**53

_NEAR = (
    "WITH wanted (terminal_no, low, high) AS (VALUES {}) SELECT interval.terminal_no, first, last FROM wanted "
    "CROSS JOIN interval ON interval.terminal_no = wanted.terminal_no AND what = ? AND first <= high AND last >= low "
    "ORDER BY interval.terminal_no, first"
)
_DROP = "DELETE FROM interval WHERE terminal_no = ? AND what = ? AND first = ?"
_PUT = (
    "INSERT INTO interval (terminal_no, what, first, last) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (terminal_no, what, first) DO UPDATE SET last = excluded.last"
)


def intervals_of(terminal_id, what, first=0, last=MOST):
    """The merged intervals of a set that touch first..last or are next to it."""
    number = number_of(terminal_id)
    return [] if number is None else merged(near(what, {number: (first, last)}).get(number, []))


def near(what, spans):
    """{terminal number: [interval]} of those that touch or are next to its {terminal number: (first, last)}.

    As they stand in rows and fronts: some may overlap.
    """
    if not spans:
        return {}
    wanted = [value for number, (first, last) in spans.items() for value in (number, first - 1, last + 1)]
    found = {}
    for number, first, last in db.rows(_NEAR.format(", ".join(["(?, ?, ?)"] * len(spans))), (*wanted, what)):
        found.setdefault(number, []).append((first, last))
    if what == STORED:
        for number, first, last in _runs(list(spans)):
            if first <= spans[number][1] + 1 and last >= spans[number][0] - 1:
                found.setdefault(number, []).append((first, last))
    return found


def _runs(numbers):
    """(terminal number, first, last) of what stands of these terminals in fronts."""
    for front in fronts.of_terminals(numbers):
        rows = np.flatnonzero(np.isin(front.numbers, numbers) & (front.seq > 0))
        yield from zip(*(column[rows].tolist() for column in front[:3]), strict=True)


def extend(front, numbers, low, high):
    """Take a run of new numbers above all others of each of these terminals, arrays. Call it inside a transaction."""
    place = fronts.place_of(front, numbers)
    apart = low != front.seq[place] + 1
    heads = (numbers, front.first[place], front.seq[place])
    below = zip(*(values[apart].tolist() for values in heads), strict=True)
    _write(STORED, {number: ([], [(first, last)]) for number, first, last in below})
    front.first[place[apart]] = low[apart]
    front.seq[place] = high


def store(front, grown):
    """Take {terminal number: (intervals near them, merged new ones)} into a front, and into rows what is below its run.

    Call it inside a transaction.
    """
    rows = {}
    for number, (old, new) in grown.items():
        at = int(fronts.place_of(front, number))
        run = (int(front.first[at]), int(front.seq[at]))
        runs = [run] if run[1] else []
        there, highest = merged([*old, *new, *runs]), max(run[1], new[-1][1])
        first = next(first for first, last in there if first <= highest <= last)
        rows[number] = ([one for one in old if one not in runs], without(there, [(first, highest)]))
        front.first[at], front.seq[at] = first, highest
    _write(STORED, rows)


def _write(what, grown):
    """Keep {terminal number: (intervals there, those that are to be there)}."""
    drops, puts = [], []
    for number, (old, kept) in grown.items():
        firsts = {first for first, _last in kept}
        drops += [(number, what, first) for first, _last in old if first not in firsts]
        puts += [(number, what, first, last) for first, last in kept if (first, last) not in old]
    if drops:
        db.write_many(_DROP, drops)
    if puts:
        db.write_many(_PUT, puts)
