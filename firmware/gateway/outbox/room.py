"""How much an outbox may hold, and what goes when it holds too much: readings only, each number accounted for."""

import os
from collections import namedtuple

from firmware.gateway.errors import GatewayError
from firmware.gateway.outbox.shelf import LATE
from firmware.gateway.thinning import pairs
from firmware.processing import intervals
from firmware.protocol.received import span_of

POLICIES = ("drop_oldest", "drop_newest", "thin")
MEBIBYTE = 2**20

Limits = namedtuple("Limits", ("readings_most", "bytes_most", "free_least", "when_full"))
# bytes_most: of the file, what is free inside not counted; free_least: bytes the disk keeps for others
NO_LIMITS = Limits(2**62, 2**62, 0, "drop_oldest")

SPARE = 256 * 1024  # bytes free inside the file with which it needs no more of a disk that is nearly full
PART = 100  # one part of so many goes at once
CHUNK = 5000  # rows looked at for pairs at once
CHUNKS = 10  # looked at before the oldest go instead


def limits_of(settings):
    """The Limits of a gateway. Raises GatewayError for a policy that does not exist."""
    policy = settings["outbox.when_full"]
    if policy not in POLICIES:
        raise GatewayError(f"outbox.when_full is {policy!r}; write one of {', '.join(POLICIES)}")
    most, floor = settings["outbox.size_most_mb"] * MEBIBYTE, settings["outbox.disk_free_mb"] * MEBIBYTE
    return Limits(settings["outbox.readings_most"], most, floor, policy)


class Room:
    """The room of one outbox. `offered`: ids the collector may have already; they stay as they are."""

    def __init__(self, limits, folder, database, shelf, offered):
        self._limits, self._folder, self._database = limits, folder, database
        self._shelf, self._offered, self._looked = shelf, offered, 0

    def closed(self, more):
        """Whether `more` new readings are too many, and the newest are what has to go."""
        return self._limits.when_full == "drop_newest" and self._full(more)

    def make(self):
        """Make room until the limits are kept: ({terminal id: merged intervals that are lost}, {terminal id: readings
        that became part of another})."""
        lost, thinned = {}, {}
        while self._shelf.count > len(self._offered) and self._full(0):
            if self._limits.when_full == "thin" and self._thin(thinned):
                continue
            for terminal_id, pair in self._drop_oldest():
                lost.setdefault(terminal_id, []).append(pair)
        return {terminal_id: intervals.merged(found) for terminal_id, found in lost.items()}, thinned

    def _full(self, more):
        if self._shelf.count + more > self._limits.readings_most:
            return True
        (pages,), (free,), (size,) = (
            self._database.execute(f"PRAGMA {name}").fetchone()
            for name in ("page_count", "freelist_count", "page_size")
        )
        if (pages - free) * size > self._limits.bytes_most:
            return True
        return free * size < SPARE and self._disk_free() < self._limits.free_least

    def _disk_free(self):
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize

    def _drop_oldest(self):
        wanted = self._shelf.count // PART + 1
        rows = self._database.execute(
            "SELECT id, terminal_id, seq - windows + 1, seq FROM readings ORDER BY id LIMIT ?",
            (wanted + len(self._offered),),
        )
        gone = [row for row in rows if row[0] not in self._offered][:wanted]
        self._shelf.remove([number for number, *_ in gone])
        return [(terminal_id, tuple(pair)) for _number, terminal_id, *pair in gone]

    def _thin(self, thinned):
        """How many rows were saved by making one of two."""
        for _ in range(CHUNKS):
            rows = self._shelf.oldest(CHUNK, self._looked)
            self._looked = rows[-1][0] if len(rows) == CHUNK else 0
            saved = pairs([row for row in rows if row[0] not in self._offered])
            for move in saved:
                self._shelf.fold(move, LATE)
                thinned[move.reading.terminal_id] = thinned.get(move.reading.terminal_id, 0) + 1
            if saved:
                return len(saved)
        return 0


def spans_of(readings):
    """{terminal id: merged intervals} of the numbers that readings stand for."""
    found = {}
    for one in readings:
        found.setdefault(one.terminal_id, []).append(span_of(one))
    return {terminal_id: intervals.merged(spans) for terminal_id, spans in found.items()}
