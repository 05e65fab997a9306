"""The newest readings, in memory: a ring, oldest lost first, and what was lost is said.

A slot holds one packed record. While no time is known its time field carries the uptime; `stamp` turns that into time.
"""

import struct

from firmware.protocol.frame import Gap, seq_of

TIME_AT = 3  # where a record's six bytes of time begin
UPTIME = 0x80  # the first bit of a record's time on the flash: uptime of its boot, because no time was known


class Ring:
    """Readings of one boot. Nothing is given out before `stamp` was called once."""

    def __init__(self, boot_no, slots, largest):
        """`largest`: bytes of the longest record that can come."""
        self._boot_no, self._slots, self._slot = boot_no, slots, 1 + largest
        self._ring = bytearray(slots * self._slot)
        self._first = self._used = 0
        self._lost = []  # intervals of n, oldest first
        self.stamped = False
        self.dropped = 0  # readings given up for want of room

    def __len__(self):
        return self._used

    def put(self, record):
        """Keep a record at the end; a full ring gives up its oldest. Raises ValueError for one longer than a slot."""
        if len(record) >= self._slot:
            raise ValueError("a record of %d bytes; at most %d were said to come" % (len(record), self._slot - 1))
        if self._used == self._slots:
            if self._ring[self._first * self._slot]:  # else it was acknowledged out of turn
                self._lose(self._n_at(self._first))
            self._forget_first()
        at = (self._first + self._used) % self._slots * self._slot
        self._ring[at] = len(record)
        self._ring[at + 1 : at + 1 + len(record)] = record
        self._used += 1

    def full(self):
        """Whether the next `put` would lose the oldest."""
        return self._used == self._slots

    def waiting(self):
        """Everything that waits, stamped or not."""
        return self._waiting(self._used)

    def clear(self):
        """Forget everything: it is kept elsewhere."""
        self._first = self._used = 0

    def stamp(self, offset_ms):
        """Turn the uptimes of all that waits into time, once. From now on records come with their time."""
        if self.stamped:
            return
        for place in range(self._used):
            at = (self._first + place) % self._slots * self._slot + 1 + TIME_AT
            high, low = struct.unpack_from(">HI", self._ring, at)
            ts_ms = (high << 32 | low) + offset_ms
            struct.pack_into(">HI", self._ring, at, ts_ms >> 32, ts_ms & 0xFFFFFFFF)
        self.stamped = True

    def peek(self, count):
        """The oldest records that still wait, at most `count`; none before they are stamped."""
        return self._waiting(count) if self.stamped else []

    def _waiting(self, count):
        records = []
        for place in range(self._used):
            at = (self._first + place) % self._slots * self._slot
            if self._ring[at]:
                records.append(bytes(self._ring[at + 1 : at + 1 + self._ring[at]]))
            if len(records) == count:
                break
        return records

    def drop(self, intervals):
        """Forget what was acknowledged: readings and reported losses inside (first, last) intervals of seq."""
        for place in range(self._used):
            at = (self._first + place) % self._slots * self._slot
            if self._ring[at] and inside(seq_of(self._boot_no, self._n_at(at // self._slot)), intervals):
                self._ring[at] = 0
        while self._used and not self._ring[self._first * self._slot]:
            self._forget_first()
        self._lost = [gap for gap in self._lost if not inside(seq_of(self._boot_no, gap[1]), intervals)]

    def gaps(self):
        """What was lost because the ring was full and is not acknowledged as lost yet."""
        return [Gap(seq_of(self._boot_no, a), seq_of(self._boot_no, b), "outbox_full") for a, b in self._lost]

    def oldest(self):
        """The n of the oldest reading that waits, or None."""
        return self._n_at(self._first) if self._used else None

    def _n_at(self, slot):
        high, low = struct.unpack_from(">BH", self._ring, slot * self._slot + 1)
        return high << 16 | low

    def _forget_first(self):
        self._ring[self._first * self._slot] = 0
        self._first = (self._first + 1) % self._slots
        self._used -= 1

    def _lose(self, n):
        self.dropped += 1
        if self._lost and self._lost[-1][1] == n - 1:
            self._lost[-1] = (self._lost[-1][0], n)
        else:
            self._lost.append((n, n))


def time_of(record):
    """Its time, or its uptime where that was all that was known."""
    high, low = struct.unpack_from(">HI", record, TIME_AT)
    return (high & 0x7FFF) << 32 | low


def inside(seq, intervals):
    """Whether a number is in one of (first, last) intervals."""
    return any(first <= seq <= last for first, last in intervals)
