"""The terminals as a fleet: each proved one is asked how it is, and what the collector wants of it is passed on."""

import asyncio
import logging
import sqlite3

from firmware.gateway.a02 import CollectorRefused, CollectorSilent
from firmware.protocol.message import Command, Result

log = logging.getLogger("gateway")

TURN_S = 0.25
OWN_QUESTION = 0  # the number of our own question for the status; the collector's begin at 1
STATUSES_MOST = 100  # terminals in one record


class Fleet:
    """`commands` is a Commands; `roads` and `sessions` are those of the gateway."""

    def __init__(self, settings, roads, sessions, commands, clock):
        self._settings, self._roads, self._sessions, self._clock = settings, roads, sessions, clock
        self._commands = commands
        self._heard, self._some = [], asyncio.Event()
        self._asked_ms, self._sent, self._statuses = {}, {}, {}
        # asked_ms: {terminal id: when it was asked for its status}, sent: {terminal id: (number, verb, when)}

    def hear(self, terminal_id, event):
        """Take a Proved, Status or Result of a terminal. What is lost with this process is asked for again."""
        self._heard.append((terminal_id, event))
        self._some.set()

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
                reached = True
            except (CollectorSilent, CollectorRefused) as error:
                if reached:
                    log.warning("no new commands come: %s", error)
                reached = False
            except sqlite3.Error as error:
                log.error("commands are not kept: %s; free the disk", error)
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
                await asyncio.to_thread(self._take, heard, self._clock.now_ms())
                for terminal_id, command in await asyncio.to_thread(self._due, self._clock.now_ms()):
                    self._roads.send(terminal_id, self._sessions.say(terminal_id, command))
            except sqlite3.Error as error:  # a result that is not kept is asked for again
                log.error("commands are not kept: %s; free the disk", error)

    def _take(self, heard, now_ms):
        for terminal_id, event in heard:
            if not isinstance(event, Result):
                self._asked_ms.pop(terminal_id, None)  # proved anew, or in the middle of a change: ask
                self._sent.pop(terminal_id, None)
            elif event.command_id == OWN_QUESTION:
                self._statuses[terminal_id] = (now_ms, event.body)
            elif self._commands.hear(terminal_id, event):
                self._sent.pop(terminal_id, None)
        while self._statuses:
            some = dict(list(self._statuses.items())[:STATUSES_MOST])
            self._commands.keep_statuses(some)
            self._statuses = {name: said for name, said in self._statuses.items() if name not in some}

    def _due(self, now_ms):
        """[(terminal id, Command)] that proved terminals are to be sent now."""
        self._commands.expire(now_ms)
        steady_ms, due = self._clock.steady_ms(), []
        here = self._sessions.here()
        for terminal_id in here:
            if steady_ms - self._asked_ms.get(terminal_id, -(10**15)) >= self._settings["status.every_s"] * 1000:
                self._asked_ms[terminal_id] = steady_ms
                due.append((terminal_id, Command(OWN_QUESTION, "status", {})))
        for terminal_id in self._commands.terminals() & here:
            command = self._commands.next_for(terminal_id, now_ms)
            if command is not None and self._may_go(terminal_id, command, steady_ms):
                due.append((terminal_id, command))
        return due

    def _may_go(self, terminal_id, command, steady_ms):
        """Whether it was not said just now; what got no answer is said again after commands.retry_s."""
        number, verb, sent_ms = self._sent.get(terminal_id, (None, None, 0))
        retry_ms = self._settings["commands.retry_s"] * 1000
        if (number, verb) == (command.command_id, command.verb) and steady_ms - sent_ms < retry_ms:
            return False
        self._sent[terminal_id] = (command.command_id, command.verb, steady_ms)
        return True
