"""The terminals as a fleet: each proved one is asked how it is and gets what the collector has for it."""

import asyncio
import logging
import sqlite3

from firmware.gateway.a02 import CollectorRefused, CollectorSilent
from firmware.gateway.errors import GatewayError
from firmware.protocol.message import Command, Result, Status, Want

log = logging.getLogger("gateway")

TURN_S = 0.25
TRIAL_EVERY_S = 3.0  # between two questions to a terminal that tries a new image
PIECE_S = 30.0  # an image is offered again when its terminal asked for no piece for so long
OWN_QUESTION = 0  # the number of our own question for the status; the collector's begin at 1
STATUSES_MOST = 100  # terminals in one record


class Fleet:
    """`commands` is a Commands, `updates` an Updates; `roads`, `sessions`, `keys` are those of the gateway."""

    def __init__(self, settings, roads, sessions, keys, commands, updates, clock):
        self._settings, self._roads, self._sessions, self._clock = settings, roads, sessions, clock
        self._keys = keys
        self._commands, self._updates = commands, updates
        self._heard, self._some = [], asyncio.Event()
        self._asked_ms, self._sent, self._said, self._new, self._wanted_ms = {}, {}, {}, {}, {}
        # said: {terminal id: what it said of itself in this session}, new: what of it is not kept yet
        # wanted_ms: {terminal id: when an image was offered to it, or it asked for a piece}
        # asked_ms: {terminal id: when it was asked for its status}, sent: {terminal id: (number, verb, when)}

    def hear(self, terminal_id, event):
        """Take a Proved, Status, Result or Want of a terminal. What is lost with this process is asked for again."""
        self._heard.append((terminal_id, event))
        self._some.set()

    def said(self):
        """{terminal id: what it said of itself in this session}."""
        return dict(self._said)

    async def run(self, collector):
        """For ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fetch(collector))
            group.create_task(self._talk())

    async def _fetch(self, collector):
        reached = True
        while True:
            try:
                answer = await collector.commands()
                if await asyncio.to_thread(self._commands.take, answer.get("commands") or []):
                    self._some.set()
                await self._updates.follow(collector)
                reached = True
            except (CollectorSilent, CollectorRefused) as error:
                if reached:
                    log.warning("no new commands come: %s", error)
                reached = False
            except GatewayError as error:
                log.error("%s", error)
            except (sqlite3.Error, OSError) as error:
                log.error("commands and images are not kept: %s; free the disk", error)
            await asyncio.sleep(self._settings["commands.every_s"])

    async def _talk(self):
        while True:
            try:
                async with asyncio.timeout(TURN_S):
                    await self._some.wait()
            except TimeoutError:  # time itself makes things due
                pass
            self._some.clear()
            heard, self._heard = self._heard, []
            try:
                now_ms = self._clock.now_ms()
                pieces = await asyncio.to_thread(self._take, heard, now_ms)
                for terminal_id, event in pieces + await asyncio.to_thread(self._due, now_ms):
                    self._roads.send(terminal_id, self._sessions.say(terminal_id, event))
                await self._settle()
            except GatewayError as error:  # the new rules could not be written
                log.error("%s", error)
            except (sqlite3.Error, OSError) as error:  # a result that is not kept is asked for again
                log.error("what terminals say is not kept: %s; free the disk", error)

    async def _settle(self):
        """End the old keys of terminals that have proved themselves under the next. The collector is told first."""
        rotated = self._sessions.rotated()
        for terminal_id, number in rotated:
            await asyncio.to_thread(self._commands.rotated, terminal_id, number)
            self._keys.settle(terminal_id, number)
            log.info("the old key of %s counts no more", terminal_id)
        if rotated:
            await self._roads.rules_changed()

    def _take(self, heard, now_ms):
        """[(terminal id, Chunk)] that were asked for; everything else that was heard is kept."""
        pieces = []
        for terminal_id, event in heard:
            if isinstance(event, Want):
                self._wanted_ms[terminal_id] = self._clock.steady_ms()
                piece = self._updates.piece(event)
                pieces += [] if piece is None else [(terminal_id, piece)]
            elif isinstance(event, Status):
                self._updates.hear(terminal_id, event.body)
            elif not isinstance(event, Result):  # proved anew: nothing it said before counts
                for known in (self._asked_ms, self._sent, self._said, self._wanted_ms):
                    known.pop(terminal_id, None)
            elif event.command_id == OWN_QUESTION:
                self._said[terminal_id], self._new[terminal_id] = event.body, (now_ms, event.body)
            elif self._commands.hear(terminal_id, event):
                self._sent.pop(terminal_id, None)
        while self._new:
            some = dict(list(self._new.items())[:STATUSES_MOST])
            self._commands.keep_statuses(some)
            self._new = {name: said for name, said in self._new.items() if name not in some}
        return pieces

    def _due(self, now_ms):
        """[(terminal id, Command or Offer)] that proved terminals are to be sent now."""
        self._commands.expire(now_ms)
        steady_ms, here = self._clock.steady_ms(), self._sessions.here()
        due = [question for terminal_id in here for question in self._questions(terminal_id, steady_ms)]
        for terminal_id in self._commands.terminals() & here:
            command = self._commands.next_for(terminal_id, now_ms, self._keys.next_of(terminal_id)[0])
            if command is not None and self._may_go(terminal_id, command, steady_ms):
                due.append((terminal_id, command))
        return due

    def _questions(self, terminal_id, steady_ms):
        """What is due to one terminal without anybody asking: how it is, and whether it takes an image."""
        said, never_ms = self._said.get(terminal_id), -(10**15)
        every_s = TRIAL_EVERY_S if said and said.get("trial") else self._settings["status.every_s"]
        if steady_ms - self._asked_ms.get(terminal_id, never_ms) >= every_s * 1000:
            self._asked_ms[terminal_id] = steady_ms
            yield terminal_id, Command(OWN_QUESTION, "status", {})
        if said and steady_ms - self._wanted_ms.get(terminal_id, never_ms) >= PIECE_S * 1000:
            offer = self._updates.offer_for(terminal_id, said)
            if offer is not None:
                self._wanted_ms[terminal_id] = steady_ms
                yield terminal_id, offer

    def _may_go(self, terminal_id, command, steady_ms):
        """Whether it was not said just now; what got no answer is said again after commands.retry_s."""
        number, verb, sent_ms = self._sent.get(terminal_id, (None, None, 0))
        retry_ms = self._settings["commands.retry_s"] * 1000
        if (number, verb) == (command.command_id, command.verb) and steady_ms - sent_ms < retry_ms:
            return False
        self._sent[terminal_id] = (command.command_id, command.verb, steady_ms)
        return True
