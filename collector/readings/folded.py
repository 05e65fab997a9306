"""The store inside the registers' own database: uploads as they came, then blocks and their sums."""

import numpy as np

from collector import db
from collector.readings import blocks, columns, hot, incoming, rollup, sealed, sealing
from collector.readings.incoming import HOUR_MS

LAST_HOUR = (1 << blocks.BITS) - 1


class Folded:
    """What another store has to give, too: clickhouse/store.py is the other one."""

    elsewhere = False
    seal, retire = staticmethod(sealing.seal), staticmethod(sealing.retire)

    def pending(self):
        """Whether its tables are older than this program: they are the database's."""
        return False

    def migrate(self):
        """What was added to its tables, in words."""
        return []

    def ahead(self, arrivals):
        """What goes to other servers goes before the right to write is taken: here nothing does."""

    def keep(self, pairs, carrier):
        """Take over freshly stored (terminal numbers, Arrival) pairs. Call it inside a transaction."""
        incoming.keep(pairs, carrier)

    def within(self, terminal_no, channel_ids, from_ms, to_ms):
        """Columns of a terminal's readings with from_ms <= ts < to_ms in the order of time, or None. Raises Damaged."""
        with db.snapshot():
            kept = blocks.within(terminal_no, from_ms // HOUR_MS, -(-to_ms // HOUR_MS))
            fresh = hot.of_terminal(terminal_no, from_ms, to_ms)
        parts = [blocks.unsealed(terminal_no, one, channel_ids) for one in kept] + [part for _hour_no, part in fresh]
        if not parts:
            return None
        found = columns.by_time(columns.joined(parts))
        first, last = np.searchsorted(found.ts_ms, (from_ms, to_ms))
        return columns.picked(found, slice(first, last)) if first < last else None

    def sums(self, terminal_no, channel_id, first, last):
        """(hour numbers, array of rollup.FIELDS) of first <= hour < last, in the order of time."""
        with db.snapshot():
            numbers, sums = rollup.within(terminal_no, channel_id, first, last)
            fresh = hot.of_terminal(terminal_no, first * HOUR_MS, last * HOUR_MS)
        there = sums["n"] > 0
        numbers, sums = numbers[there], sums[there]
        if not fresh:
            return numbers, sums
        by_hour = {number: tuple(row) for number, row in zip(numbers.tolist(), sums.tolist(), strict=True)}
        for hour_no, found in fresh:
            if new := rollup.of_columns(found).get(channel_id):
                by_hour[hour_no] = rollup.both(by_hour[hour_no], new) if hour_no in by_hour else new
        return rollup.in_order(by_hour)

    def whole(self, terminal_no):
        """([Columns without channels] of all there is of a terminal, what is damaged of it in words)."""
        parts, damaged = [], []
        for kept in blocks.within(terminal_no, 0, LAST_HOUR):
            try:
                parts.append(blocks.unsealed(terminal_no, kept, ()))
            except sealed.Damaged as error:
                damaged.append(str(error))
        return parts + [part for _hour, part in hot.of_terminal(terminal_no, 0, LAST_HOUR * HOUR_MS)], damaged
