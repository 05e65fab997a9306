"""From the outbox to the collector: peek, upload, drop. What is refused is halved until the one bad thing is found."""

import asyncio
import logging
import random
import sqlite3
from contextlib import suppress

from firmware.gateway.a02 import CollectorRefused, CollectorSilent
from firmware.gateway.batch import body_of
from firmware.gateway.standing import Standing

log = logging.getLogger("gateway")

TOO_MUCH = (400, 413)  # the body is wrong or too large: some part of it may still be welcome
HURRIED_S = 1.0  # between two uploads, however much of a hurry anybody is in
NOT_WELCOME = (401, 403)  # we are not: nothing of it may go now, all of it is kept


class North:
    """One uploader. `news` is an asyncio.Event set whenever something was put into the outbox."""

    def __init__(self, settings, gateway_id, outbox, collector, clock, news):
        self._settings, self._gateway_id, self._clock, self._news = settings, gateway_id, clock, news
        self._outbox, self._collector = outbox, collector
        self._limit, self._failures, self._standing = settings["upload.batch"], 0, Standing(settings["state"])
        self._hurry = asyncio.Event()  # somebody waits for what is in the outbox
        self._silent_ms = None  # the steady time since which nothing was taken that we have

    async def run(self):
        """Upload for ever. A full batch is followed at once, a smaller one after upload.every_s."""
        while True:
            try:
                pause_s = await self._step()
            except sqlite3.Error as error:
                pause_s = self._back_off(f"the outbox cannot be used: {error}; free the disk")
            await asyncio.sleep(pause_s)

    def hurry(self):
        """Upload what waits without the usual pause: somebody waits for it."""
        self._hurry.set()

    async def _step(self):
        """Wait until something is there, then hand it over. Seconds to wait before the next."""
        while True:
            self._news.clear()
            waiting = await asyncio.to_thread(self._outbox.peek, self._limit)
            if any(waiting):
                return await self._hand_over(waiting)
            await self._news.wait()

    async def _hand_over(self, waiting):
        """Upload what waits, and do what follows from the answer. Seconds to wait before the next."""
        limit = self._limit
        try:
            answer = await self._upload(waiting)
        except CollectorSilent as error:
            self._note_silence()
            if error.code:
                await asyncio.to_thread(self._outbox.count_a02, {(self._gateway_id, error.code): 1})
            return self._back_off(f"collector silent, all is kept: {error}", error.after_s)
        except CollectorRefused as error:
            return await self._refused(waiting, error)
        await asyncio.to_thread(self._outbox.drop, waiting)
        await self._note_refused(answer.get("refused") or [])
        if self._failures:
            log.info("collector is back")
        self._silent_ms, self._failures, self._limit = None, 0, min(self._limit * 2, self._settings["upload.batch"])
        if sum(map(len, waiting)) < limit:
            await self._rest()
        return 0

    async def _rest(self):
        """Wait for the next upload's turn, or until somebody is in a hurry: that is told a second after the last."""
        every_s = self._settings["upload.every_s"]
        await asyncio.sleep(min(every_s, HURRIED_S))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), max(0, every_s - HURRIED_S))
        self._hurry.clear()

    async def _upload(self, waiting):
        asked_ms = self._clock.steady_ms()
        answer = await self._collector.upload(body_of(waiting, self._gateway_id, self._clock.now_ms()))
        self._clock.hear(answer.get("server_ms"), asked_ms, self._clock.steady_ms())
        now_ms, offset_ms = self._clock.now_ms(), self._clock.offset_ms()
        await asyncio.to_thread(self._standing.note, now_ms, self._collector.url, offset_ms)
        return answer

    def silent_s(self):
        """Seconds for which the collector takes nothing that waits here; 0 while it does, however old that is."""
        return 0 if self._silent_ms is None else (self._clock.steady_ms() - self._silent_ms) / 1000

    def _note_silence(self):
        if self._silent_ms is None:
            self._silent_ms = self._clock.steady_ms()

    async def _refused(self, waiting, error):
        if error.status not in TOO_MUCH or (self._limit == 1 and error.code is None):
            self._note_silence()
        if error.status in NOT_WELCOME:
            self._failures += 1
            log.error("the collector refuses this gateway, all is kept: %s", error)
            refused = error.code or str(error.status)
            await asyncio.to_thread(self._standing.note, self._clock.now_ms(), refused=refused)
            return self._settings["upload.refused_pause_s"]
        if error.status not in TOO_MUCH:
            return self._back_off(f"the collector refuses the upload, all is kept: {error}", error.after_s)
        if self._limit > 1:
            self._limit = max(1, min(self._limit, sum(map(len, waiting))) // 2)
            return 0
        if error.code is None:  # not the collector itself, but something before it
            return self._back_off(f"something before the collector refuses the upload, all is kept: {error}")
        log.error("set aside, the collector will not have it: %s", error)
        await asyncio.to_thread(self._outbox.set_aside, waiting, error.code, error.text, self._clock.now_ms())
        await asyncio.to_thread(self._outbox.count_a02, {(_source(waiting), error.code): 1})
        return 0

    async def _note_refused(self, refused):
        """What the collector took into quarantine: it is kept there; here it is counted."""
        counts = {}
        for one in refused:
            key = (str(one.get("terminal_id"))[:64], str(one.get("code"))[:64])
            counts[key] = counts.get(key, 0) + 1
        for (source_id, code), count in counts.items():
            log.warning("the collector put %d of %s into quarantine: %s", count, source_id, code)
        if counts:
            await asyncio.to_thread(self._outbox.count_a02, counts)

    def _back_off(self, what, after_s=0):
        """Seconds: doubled each time up to the most, half of it left to chance so that gateways come apart.

        `after_s`: what the collector asks for, kept to within the most.
        """
        first_s, most_s = self._settings["upload.back_off_first_s"], self._settings["upload.back_off_most_s"]
        pause_s = min(first_s * 2 ** min(self._failures, 16), most_s) * random.uniform(0.5, 1)
        if self._failures == 0:
            log.warning("%s", what)
        self._failures += 1
        return max(pause_s, min(after_s, most_s))


def _source(waiting):
    if waiting.readings:
        return waiting.readings[0][1].terminal_id
    return waiting.gaps[0][1] if waiting.gaps else waiting.records[0][-1] or waiting.records[0][1]
