"""Readings that no gateway has acknowledged yet: the newest in memory, the older ones on the flash.

While a gateway answers, nothing is written: a reading is acknowledged long before the ring is full. Without one the
ring is moved to the flash whenever it is full, or when its oldest reading has waited for SAVE_AFTER_MS: that much a
power cut can take. Acknowledged files go; what was acknowledged before a power cut may be sent once more after it.
"""

from firmware.protocol.frame import Gap, seq_of
from firmware.terminal.ring import TIME_AT, UPTIME, Ring, inside, time_of

SAVE_AFTER_MS = 160000


class Outbox:
    """Ring and segments of one terminal as one queue, oldest first. `segments` may hold readings of earlier boots."""

    def __init__(self, boot_no, slots, largest, segments):
        self._boot_no, self._ring, self._segments = boot_no, Ring(boot_no, slots, largest), segments
        self._offset_ms = self._filled_ms = None
        self._page = None  # name, boot_no, {n: record} of the oldest file that waits
        self._let_go = []  # acknowledged (first, last) of seq that may still lie in a file

    @property
    def stamped(self):
        """Whether readings come with their time; before that with their uptime."""
        return self._ring.stamped

    def put(self, record, now_ms):
        """Keep a record at the end; `now_ms` is uptime. Raises ValueError for one that is too long."""
        if self._ring.full():
            self.save()
        if self._filled_ms is None:
            self._filled_ms = now_ms
        self._ring.put(record)

    def save_if_due(self, now_ms):
        """Move the ring to the flash when its oldest reading has waited too long."""
        if self._ring.oldest() is None:
            self._filled_ms = None
        elif now_ms - self._filled_ms > SAVE_AFTER_MS:
            self.save()

    def save(self):
        """Move the ring to the flash. When that fails the ring goes on, and loses its oldest when it is full."""
        records = self._ring.waiting()
        if not self.stamped:
            records = [one[:TIME_AT] + bytes((one[TIME_AT] | UPTIME,)) + one[TIME_AT + 1 :] for one in records]
        try:
            self._segments.append(self._boot_no, records)
        except OSError as error:
            print("flash takes nothing:", error)
            return
        self._ring.clear()
        self._filled_ms = None

    def stamp(self, offset_ms):
        """A time is known: uptimes of this boot become times, those of earlier boots are estimated."""
        if not self.stamped:
            self._offset_ms = offset_ms
        self._ring.stamp(offset_ms)

    def peek(self, count):
        """(boot_no, the oldest records that wait, at most `count`, all of that boot); none before a time is known."""
        if not self.stamped:
            return self._boot_no, []
        if self._page is None and len(self._segments):
            from firmware.terminal.pages import turned

            self._page = turned(self._segments, self._let_go, self._boot_no, self._offset_ms)
        if self._page is None:
            return self._boot_no, self._ring.peek(count)
        _name, boot_no, records = self._page
        return boot_no, [records[n] for n in sorted(records)[:count]]

    def drop(self, intervals):
        """Forget what was acknowledged: readings and reported losses inside (first, last) intervals of seq."""
        self._ring.drop(intervals)
        self._let_go = (self._let_go + list(intervals))[-32:]
        lost = self._segments.lost
        lost[:] = [one for one in lost if not inside(seq_of(one[0], one[2]), intervals)]
        if self._page is not None:
            name, boot_no, records = self._page
            for n in [n for n in records if inside(seq_of(boot_no, n), intervals)]:
                del records[n]
            if not records:
                self._segments.remove(name)
                self._page = None

    def gaps(self):
        """What was lost for want of room and is not acknowledged as lost yet."""
        lost = [
            Gap(seq_of(boot, first), seq_of(boot, last), "outbox_full") for boot, first, last in self._segments.lost
        ]
        return lost + self._ring.gaps()

    def depth(self):
        """{name: count} of what waits in memory and on the flash, and of what the flash did to make room."""
        files = self._segments
        said = {"memory": len(self._ring), "files": len(files), "thinned": files.thinned, "flash_errors": files.failed}
        said["dropped"] = files.dropped + self._ring.dropped
        return said

    def oldest_ms(self):
        """The time of the oldest reading that waits, or None: nothing waits, or no time is known."""
        _boot_no, records = self.peek(1)
        return time_of(records[0]) if records else None

    def oldest(self):
        """The number of the oldest reading that waits and was looked at, or None."""
        if self._page is not None:
            return seq_of(self._page[1], min(self._page[2]))
        n = self._ring.oldest()
        return None if n is None else seq_of(self._boot_no, n)
