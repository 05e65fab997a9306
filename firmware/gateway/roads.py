"""All roads to the terminals as one: what comes up is taken in turn, what goes down leaves where a terminal is.

A road is an asynchronous context while it is open, and has `run()`, for ever; `ready`, an asyncio.Event;
`send(terminal_id, frames)`, which waits for nobody: what is lost with a road its terminal asks for again; and
`rules_changed()`, called when others than before may be here.
"""

import asyncio
from collections import deque, namedtuple
from contextlib import AsyncExitStack

Letter = namedtuple("Letter", ("road", "terminal_id", "message"))
# road: where it was heard, message: bytes, as they came

WAITING_MOST = 500  # letters of one peer that nobody has looked at yet


class Roads:
    """`road_of(terminal_id)` is the road on which a terminal has proved itself, or None; `flood` is a Flood."""

    def __init__(self, road_of, flood):
        self._road_of, self._flood, self._roads, self._open = road_of, flood, [], AsyncExitStack()
        self._waiting, self._some = {}, asyncio.Event()  # {peer: its letters}, in order of their turns

    def add(self, road):
        """One more road."""
        self._roads.append(road)

    async def __aenter__(self):
        for road in self._roads:
            await self._open.enter_async_context(road)
        return self

    async def __aexit__(self, *error):
        await self._open.__aexit__(*error)

    async def rules_changed(self):
        """Whoever may not be here any more is cut off, nobody else notices."""
        for road in self._roads:
            await road.rules_changed()

    async def run(self):
        """All of them, for ever."""
        async with asyncio.TaskGroup() as group:
            for road in self._roads:
                group.create_task(road.run())

    async def ready(self):
        """Return once every road is open."""
        for road in self._roads:
            await road.ready.wait()

    def hear(self, road, terminal_id, message, peer=None):
        """Take what came up a road; False when it is too much, and counted: its terminal will send it again.

        `peer` is who pays for it, where the road has no password for the terminal's name.
        """
        peer = peer or terminal_id
        if not self._flood.takes(peer, terminal_id, len(message)):
            return False
        letters = self._waiting.setdefault(peer, deque())
        if len(letters) >= WAITING_MOST:
            self._flood.refuse("queue_full", f"{WAITING_MOST} messages wait", terminal_id)
            return False
        letters.append(Letter(road, terminal_id, message))
        self._some.set()
        return True

    async def gather(self, wait_s, most):
        """The letters of one commit, from each peer in turn: at once what comes alone; of many what came until `wait_s`
        after this call, which is when the commit before is done."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + wait_s
        await self._some.wait()
        await asyncio.sleep(due_s - loop.time())
        letters = []
        while self._waiting and len(letters) < most:
            peer = next(iter(self._waiting))
            waiting = self._waiting.pop(peer)
            letters.append(waiting.popleft())
            if waiting:
                self._waiting[peer] = waiting  # behind the others
        if not self._waiting:
            self._some.clear()
        return letters

    def send(self, terminal_id, frames):
        """Frames for a terminal, on the road it has proved itself on. Without one it begins with a hello anyway."""
        road = self._road_of(terminal_id)
        if road is not None and frames:
            road.send(terminal_id, frames)
