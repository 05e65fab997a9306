"""Where sources pour what they measured: numbered, checked, committed by the same intake as terminals' readings.

A source has no memory of its own: what the disk does not take waits here, and what is too much becomes a gap.
"""

import asyncio
import json
import logging
import sqlite3
from pathlib import Path

from firmware.gateway import pipeline
from firmware.gateway.errors import GatewayError
from firmware.gateway.files import write_private
from firmware.protocol.frame import Gap, Reading, seq_of

log = logging.getLogger("gateway")

FILE = "sources.json"
FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
MINUTE_MS = 60_000
WAITING_MOST = 1000  # readings of one source while the disk takes nothing


def next_boot_no(state, now_ms):
    """This start's boot number, on the disk before it is used; the first is minutes since 2020. Raises GatewayError."""
    path = Path(state) / FILE
    try:
        boot_no = json.loads(path.read_text(encoding="utf-8"))["boot_no"] + 1
    except FileNotFoundError:
        boot_no = max(1, (now_ms - FIRST_MS) // MINUTE_MS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GatewayError(f"{path} is damaged ({type(error).__name__}); delete it while the clock is right") from error
    try:
        write_private(path, json.dumps({"boot_no": boot_no}).encode())
    except OSError as error:
        raise GatewayError(f"{path} cannot be written: {error.strerror}; free the disk") from error
    return boot_no


class Sink:
    """One for all sources of a gateway. `intake`, `outbox`, `refusals`, `clock` and `news` are the gateway's own."""

    def __init__(self, boot_no, intake, outbox, refusals, clock, news):
        self._boot_no, self._intake, self._outbox = boot_no, intake, outbox
        self._refusals, self._clock, self._news = refusals, clock, news
        self._n, self._waiting, self._gaps = {}, {}, {}

    def now_ms(self):
        """The gateway's time, for stamps."""
        return self._clock.now_ms()

    async def readings(self, measured):
        """Keep [(source id, ts_ms, {channel: value or None}, flags)]; whether all of it is on the disk."""
        touched = set()
        for source_id, ts_ms, values, flags in measured:
            self._n[source_id] = self._n.get(source_id, 0) + 1
            reading = Reading(source_id, ts_ms, seq_of(self._boot_no, self._n[source_id]), values, flags, 1)
            self._waiting.setdefault(source_id, []).append(self._check(reading))
            self._make_room(source_id)
            touched.add(source_id)
        readings = {source_id: list(self._waiting[source_id]) for source_id in touched}
        gaps = {source_id: list(self._gaps.get(source_id, ())) for source_id in touched}
        if not await self._intake.keep(readings, gaps):
            return False
        for source_id in touched:
            del self._waiting[source_id][: len(readings[source_id])]
            del self._gaps.get(source_id, [])[: len(gaps[source_id])]
        return True

    def _check(self, reading):
        reading, codes = pipeline.check(reading, self._clock.proved_ms())
        for code in codes:
            self.refused(reading.terminal_id, code, f"seq {reading.seq}")
        return reading

    def _make_room(self, source_id):
        waiting = self._waiting[source_id]
        if len(waiting) > WAITING_MOST:
            oldest = waiting.pop(0)
            self._gaps.setdefault(source_id, []).append(Gap(oldest.seq, oldest.seq, "outbox_full"))

    async def record(self, source_id, kind, ts_ms, body):
        """Keep one record; whether it is on the disk. If not, the source must not say that it is."""
        try:
            await asyncio.to_thread(self._outbox.put_record, source_id, kind, ts_ms, body)
        except sqlite3.Error as error:
            log.error("a record of %s is not kept: %s; free the disk", source_id, error)
            return False
        self._news.set()
        return True

    def refused(self, source_id, code, text=""):
        """Count what a source refused; call it from the gateway's own thread. `text` holds nothing a peer has sent."""
        self._refusals.count(source_id, code, text)
