"""The load itself: gateways that upload what falls due, a person who looks at pages, all by the schedule of the plan.

A gateway has one upload under way, as a real one; what falls due meanwhile goes with its next, up to 500 readings, and
every delay counts from the scheduled time: a collector that stalls is charged for everything that waited.
"""

import asyncio
import json
from collections import deque
from contextlib import suppress
from itertools import count

from tests.fleet.door import DoorClosed
from tests.fleet.plan import MOST_PER_UPLOAD, uploads
from tests.fleet.played import gateway_id

PAGES = (("overview page", "/", 0.35), ("overview API", "/api/v1/overview", 0.85))  # the part of a period at which
AGAIN_S = 1.0  # an upload that failed is tried again after so long
SETTLE_S = 30  # after the last due time everything that waits may take so long


class Load:
    """One run of a plan against a site. `account` is right at every moment."""

    def __init__(self, plan, site, fleet, account, progress=lambda account, now_s: None):
        self._plan, self._site, self._fleet, self.account = plan, site, fleet, account
        self._progress, self._began_s = progress, None

    def now_s(self):
        """Seconds since the beginning."""
        return asyncio.get_running_loop().time() - self._began_s

    async def run(self, stop):
        """Until the plan is done and everything acknowledged, or `stop`, an asyncio.Event, is set."""
        doors = [self._site.gateway(gateway) for gateway in range(self._plan.gateways)]
        await self._connect(doors)
        self._began_s = asyncio.get_running_loop().time()
        work = [self._gateway(gateway, door) for gateway, door in enumerate(doors)]
        tasks = [asyncio.create_task(one) for one in (*work, *self._looks())]
        clock, ending = asyncio.create_task(self._clock()), asyncio.create_task(stop.wait())
        everything = asyncio.ensure_future(asyncio.gather(*tasks))
        timeout_s = self._plan.seconds + SETTLE_S
        try:
            await asyncio.wait((everything, ending), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if everything.done():
                everything.result()
        finally:
            for task in (*tasks, clock, ending, everything):
                task.cancel()
            await asyncio.gather(*tasks, clock, ending, everything, return_exceptions=True)
            self.account.end(everything.done() and not everything.cancelled())
            for door in doors:
                door.close()

    async def _connect(self, doors):
        """All connections open before the clock runs: a fleet that is switched on at once is another question."""
        for door in doors:
            status, _body = await door.ask("GET", "/a02/v1/terminals")
            assert status == 200, f"a gateway is answered with {status}"

    async def _gateway(self, gateway, door):
        coming, waiting = uploads(self._plan, gateway), deque()
        following = next(coming, None)
        while following or waiting:
            if not waiting:
                await asyncio.sleep(max(0.0, following.due_s - self.now_s()))
            while following and following.due_s <= self.now_s():
                waiting.append(following)
                following = next(coming, None)
            await self._upload(gateway, door, waiting)

    async def _upload(self, gateway, door, waiting):
        """Hand over the oldest of what waits; what is acknowledged leaves `waiting`."""
        taken, some = 0, []
        for due in waiting:
            if some and len(some) + len(due.windows) > MOST_PER_UPLOAD:
                break
            taken, some = taken + 1, some + due.windows
        try:
            status, body = await door.ask("POST", "/a02/v1/batches", self._fleet.body(gateway_id(gateway), some))
        except DoorClosed as error:
            status = str(error)
        if status != 200:
            self.account.fail(f"upload: {status}")
            await asyncio.sleep(AGAIN_S)
            return
        answer, now_s = json.loads(body), self.now_s()
        for at in range(taken):
            due = waiting.popleft()
            said = answer if at == 0 else {"stored": 0, "refused": ()}
            self.account.acknowledge(len(due.windows), now_s - due.due_s, said)

    def _looks(self):
        """A task for each page that is looked at, its instants fixed before."""
        if self._plan.pages_per_s:
            yield from (self._person(*page) for page in PAGES)

    async def _person(self, what, path, part):
        door, every_s = self._site.person(), 1 / self._plan.pages_per_s
        try:
            for n in range(int(self._plan.seconds * self._plan.pages_per_s)):
                due_s = (n + part) * every_s
                await asyncio.sleep(max(0.0, due_s - self.now_s()))
                with suppress(DoorClosed):
                    status, _body = await door.ask("GET", path)
                    if status == 200:
                        self.account.look(what, self.now_s() - due_s)
                        continue
                self.account.fail(what)
        finally:
            door.close()

    async def _clock(self):
        for second in count(1):
            await asyncio.sleep(max(0.0, second - self.now_s()))
            self.account.tick()
            self._progress(self.account, self.now_s())
