"""Whether what is stored is what the ledger says: every block opened, every number counted."""

from collections import namedtuple

import numpy as np

from collector import db
from collector.readings import blocks, hot, ledger, sealed
from collector.readings.incoming import HOUR_MS
from firmware.processing.intervals import merged, without

LAST_HOUR = (1 << blocks.BITS) - 1

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
        parts, damaged = [], []
        for kept in blocks.within(number, 0, LAST_HOUR):
            try:
                parts.append(blocks.unsealed(number, kept, ()))
            except sealed.Damaged as error:
                damaged.append(str(error))
        parts += [part for _hour, part in hot.of_terminal(number, 0, LAST_HOUR * HOUR_MS)]
    if not parts:
        return Found(terminal_id, 0, damaged, stored, [], [])
    seq = np.concatenate([part.seq for part in parts])
    first = seq - np.concatenate([part.behind for part in parts])
    there = merged(zip(first.tolist(), seq.tolist(), strict=True))
    numbers, counts = np.unique(seq, return_counts=True)
    doubled = merged((one, one) for one in numbers[counts > 1].tolist())
    return Found(terminal_id, len(seq), damaged, without(stored, there), without(there, stored), doubled)
