"""A terminal of the gateway's tests that also takes commands, as firmware/terminal/commands.py does, and loses power.

What stands in `done` and `remembered` is its flash: it is there again after every cut.
"""

import random
from collections import Counter

from firmware.protocol.message import Command, Result
from firmware.terminal.commands import REMEMBERED
from tests.firmware.gateway.peer import FREE, Peer

CUT = 0.06  # how often power goes before a command is done, and how often between doing and answering


class Doer(Peer):
    """`done` counts how often each command was done."""

    def __init__(self, *peer, seed, cuts=CUT, **more):
        super().__init__(*peer, **more)
        self.done, self.remembered, self._random = Counter(), [], random.Random(seed)
        self._cuts = cuts

    def _on(self, client, link, event, now_s, sent_s):
        if not isinstance(event, Command):
            return super()._on(client, link, event, now_s, sent_s)
        if event.verb == "status":
            result = Result(event.command_id, "done", {"version": "0.1.0", "slot": "a"})
        else:
            self._perhaps_cut()
            result = self._do(event)
            self._perhaps_cut()
        self._send(client, link.send(result))
        return FREE

    def _do(self, event):
        for number, state, body in self.remembered:
            if number == event.command_id:
                return Result(number, "done" if state == "acknowledged" else state, body)
        if event.verb == "expire" or any(number > event.command_id for number, *_ in self.remembered):
            state, body = "failed", {"code": "expired"}
        else:
            self.done[event.command_id] += 1
            state, body = "acknowledged" if event.verb == "restart" else "done", event.body
        self.remembered = sorted([*self.remembered, (event.command_id, state, body)])[-REMEMBERED:]
        return Result(event.command_id, state, body)

    def _perhaps_cut(self):
        if self._random.random() < self._cuts:
            raise OSError("the test cut its power")
