"""Which readings of a terminal are judged now: in the order of their numbers, not before the ones they follow. No I/O.

Readings that come in another order wait for those between, so that a rule says the same however they came. What has not
come when later readings are `patience_ms` ahead is waited for no longer; if it comes after that it is late.
"""

from collections import namedtuple

import numpy as np

from collector.readings import Columns

BOOT = 1 << 24  # numbers of a boot; the first reading of each is number 1

# Arrays of places among the readings, each in the order of numbers: to be judged now, come too late, to be kept waiting
Dealt = namedtuple("Dealt", ("now", "late", "waiting"))


def is_next(after, first, last):
    """Truths: whether stretches of these first and last numbers go on where the numbers `after` (0: unknown) ended."""
    return (after == 0) | (first == after + 1) | (_begins_boot(first) & (first > after) & (last > after))


def deal(after, columns, patience_ms):
    """Dealt of a terminal's readings, of which the last judged has the number `after`; 0 where none was."""
    places = np.argsort(columns.seq, kind="stable")
    seq, ts_ms = columns.seq[places], columns.ts_ms[places]
    count = int(np.searchsorted(seq, after, side="right"))
    late, places, ts_ms = places[:count], places[count:], ts_ms[count:]
    first = seq[count:] - columns.behind[places]
    before = np.concatenate(([after], seq[count:-1])) if len(places) else seq[:0]
    newest_ms = int(ts_ms.max()) if len(places) else 0
    for at in np.flatnonzero(~is_next(before, first, seq[count:])).tolist():
        if newest_ms - int(ts_ms[at]) < patience_ms:
            return Dealt(places[:at], late, places[at:])
    return Dealt(places, late, places[:0])


def _begins_boot(number):
    return number % BOOT == 1


def listed(columns):
    """Readings as lists, to be written down."""
    names = {str(channel_id): values.tolist() for channel_id, values in columns.steps.items()}
    states = {str(channel_id): values.tolist() for channel_id, values in columns.states.items()}
    return [*(one.tolist() for one in columns[:5]), names, states]


def of_lists(lists):
    """The Columns of what `listed` has made."""
    steps = {int(channel_id): np.array(values, np.int64) for channel_id, values in lists[5].items()}
    states = {int(channel_id): np.array(values, np.uint8) for channel_id, values in lists[6].items()}
    return Columns(*(np.array(one, np.int64) for one in lists[:5]), steps, states)
