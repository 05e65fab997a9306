"""From the roads into the outbox: letters are proved or opened, checked, committed many at once, then acknowledged."""

import asyncio
import logging
import sqlite3
from pathlib import Path

from firmware.gateway import pipeline
from firmware.processing import intervals
from firmware.protocol.received import span_of

log = logging.getLogger("gateway")

RELEASE_S = 5


class Intake:
    """`news` is an asyncio.Event set whenever something was put into the outbox; `fleet` hears every other word."""

    def __init__(self, settings, roads, sessions, clock, refusals, outbox, news, fleet):
        self._settings, self._roads, self._sessions, self._clock = settings, roads, sessions, clock
        self._refusals, self._outbox, self._news, self._fleet = refusals, outbox, news, fleet
        self._is_full = False
        self.latest = {}  # {terminal id: its newest Reading since the start}

    async def run(self):
        """For ever, one commit after the other."""
        wait_s, most = self._settings["outbox.commit_every_ms"] / 1000, self._settings["outbox.commit_messages"]
        while True:
            await self._take(await self._roads.gather(wait_s, most))

    async def _take(self, letters):
        answers, readings, gaps, records = {}, {}, {}, {}
        now_s, proved_ms = self._clock.steady_ms() // 1000, self._clock.proved_ms()
        for letter in letters:
            taken = self._sessions.take(letter, now_s, proved_ms)
            if taken.frames:  # to the newest hello only: the others nobody waits for
                answers[letter.road, letter.terminal_id] = taken.frames
            for word in taken.words:
                self._fleet.hear(letter.terminal_id, word)
            if taken.readings:
                checked = [self._check(reading, proved_ms) for reading in taken.readings]
                readings.setdefault(letter.terminal_id, []).extend(checked)
                self.latest[letter.terminal_id] = checked[-1]
            if taken.gaps:
                gaps.setdefault(letter.terminal_id, []).extend(taken.gaps)
            if taken.records:
                records.setdefault(letter.terminal_id, []).extend(taken.records)
        for (road, terminal_id), frames in answers.items():
            road.send(terminal_id, frames)
        if await self.keep(readings, gaps, records):
            self._acknowledge(readings, gaps, records)
        for letter in letters:  # a road that answers a letter, does so now
            letter.road.send(letter.terminal_id, [])

    def _check(self, reading, proved_ms):
        reading, codes = pipeline.check(reading, proved_ms)
        for code in codes:
            self._refusals.count(reading.terminal_id, code, f"seq {reading.seq}")
        return reading

    async def keep(self, readings, gaps, records=None):
        """Whether all of {source: [Reading]}, [Gap] and [Record] is on the disk. If not, nobody may be told so."""
        records = records or {}
        if not (readings or gaps or records):
            return False
        every_reading = [one for group in readings.values() for one in group]
        every_gap = [(source_id, gap) for source_id, group in gaps.items() for gap in group]
        every_record = [(source_id, one) for source_id, group in records.items() for one in group]
        try:
            wrong = await asyncio.to_thread(
                self._outbox.put, every_reading, every_gap, self._clock.now_ms(), every_record
            )
        except sqlite3.Error as error:
            self._say_full(error)
            return False
        if self._is_full:
            self._is_full = False
            log.warning("the outbox takes readings again")
        self._count(wrong)
        self._news.set()
        return True

    def _say_full(self, error):
        if not self._is_full:
            self._is_full = True
            folder = Path(self._settings["state"])
            log.error("the outbox in %s takes nothing, terminals keep it: %s; free the disk", folder, error)

    def _count(self, wrong):
        for (source_id, code), times in wrong.items():
            self._refusals.count(source_id, code, times=times)

    async def release(self):
        """For ever: what the pipeline holds back of terminals that say no more goes north."""
        while True:
            await asyncio.sleep(RELEASE_S)
            try:
                wrong = await asyncio.to_thread(self._outbox.release, self._clock.now_ms(), self._clock.steady_ms())
            except sqlite3.Error as error:
                self._say_full(error)
                continue
            if wrong is not None:
                self._count(wrong)
                self._news.set()

    def _acknowledge(self, readings, gaps, records):
        for terminal_id in readings.keys() | gaps.keys() | records.keys():
            pairs = intervals.merged(span_of(reading) for reading in readings.get(terminal_id, ()))
            pairs = intervals.merged(pairs + [(gap.from_seq, gap.to_seq) for gap in gaps.get(terminal_id, ())])
            pairs = intervals.merged(pairs + [(one.seq, one.seq) for one in records.get(terminal_id, ())])
            self._roads.send(terminal_id, self._sessions.acknowledge(terminal_id, pairs))
