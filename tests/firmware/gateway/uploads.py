"""An outbox with an uploader at work, in this process, so that a test sees both sides of an upload."""

import asyncio
import time
from contextlib import asynccontextmanager

from firmware.gateway.a02 import Collector
from firmware.gateway.clock import Clock
from firmware.gateway.identity import Credential
from firmware.gateway.north import North
from firmware.gateway.outbox import Outbox, look
from firmware.protocol.frame import Reading

NOW_MS = 1_795_000_000_000


def reading(seq, terminal_id="ct-01", **values):
    return Reading(terminal_id, NOW_MS, seq, values or {"temperature_c": seq / 100}, 0, 1)


class Uploads:
    """An outbox with an uploader at work. `settings` by name with __ for the dot."""

    def __init__(self, folder, grown, **settings):
        _platform, common, self._identity = grown  # the platform is the test's own
        self.settings = {**common, **{name.replace("__", "."): value for name, value in settings.items()}}
        self.folder, self.outbox, self.news = folder, Outbox(folder, NOW_MS), asyncio.Event()
        self.clock = Clock(vouched=lambda: False)

    def put(self, *readings, gaps=()):
        self.outbox.put(readings, gaps, NOW_MS)
        self.news.set()

    def failed(self):
        """Whether the newest upload got no answer."""
        return self._north._failures > 0

    def hurry(self):
        """Somebody waits."""
        self._north.hurry()

    def silent_s(self):
        """As the uploader says."""
        return self._north.silent_s()

    @asynccontextmanager
    async def at_work(self, credential=None):
        identity, settings = self._identity, self.settings
        async with Collector(
            settings, Credential(credential or identity.credential, identity.certificate)
        ) as collector:
            self._north = North(settings, identity.gateway_id, self.outbox, collector, self.clock, self.news)
            running = asyncio.create_task(self._north.run())
            try:
                yield collector
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                self.outbox.close()


async def until(holds, timeout_s=8):
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.01)


def waiting(uploads):
    return look.look(uploads.folder).waiting
