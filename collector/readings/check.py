"""Whether what is stored is what the ledger says: every block opened, every number counted."""

from collections import namedtuple

import numpy as np

from collector import db
from collector.readings import ledger
from collector.readings.stores import store
from firmware.processing.intervals import merged, without

# readings: how many were found; damaged: what is wrong with which block; lost, unknown, doubled: intervals of numbers
# that the ledger has and no place holds, that a place holds and the ledger has not, that two places hold
Found = namedtuple("Found", ("terminal_id", "readings", "damaged", "lost", "unknown", "doubled"))


def check():
    """A Found of each terminal in turn."""
    for terminal_id, number in db.rows("SELECT terminal_id, terminal_no FROM source ORDER BY terminal_id"):
        yield _checked(terminal_id, number)


def _checked(terminal_id, number):
    with db.snapshot():
        stored = ledger.intervals_of(terminal_id, ledger.STORED)
        parts, damaged = store().whole(number)
    if not parts:
        return Found(terminal_id, 0, damaged, stored, [], [])
    seq = np.concatenate([part.seq for part in parts])
    first = seq - np.concatenate([part.behind for part in parts])
    there = merged(zip(first.tolist(), seq.tolist(), strict=True))
    numbers, counts = np.unique(seq, return_counts=True)
    doubled = merged((one, one) for one in numbers[counts > 1].tolist())
    return Found(terminal_id, len(seq), damaged, without(stored, there), without(there, stored), doubled)
