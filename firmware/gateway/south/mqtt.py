"""The road to the terminals over MQTT, whichever broker it is: what comes up, what goes down, and coming back."""

import asyncio
import logging

import aiomqtt

from firmware.gateway.south.access import ALL_UP, DOWN, user_of
from firmware.gateway.terminals import OWN_USER

log = logging.getLogger("gateway")

AGAIN_S = 1
KEEPALIVE_S = 30
QUEUED_MOST = 10_000  # answers that wait for the broker; what is beyond is asked for again
ANSWER_S = 10


class MqttRoad:
    """A broker and our own client at it. `hear` as of Roads gets what comes; `ready` is set while it is subscribed.

    `refuse(code, text, terminal_id)` as of a Flood is told of what is not passed on.
    """

    def __init__(self, broker, access, hear, refuse):
        self._broker, self._access, self._hear, self._refuse = broker, access, hear, refuse
        self._outgoing, self.ready = asyncio.Queue(QUEUED_MOST), asyncio.Event()

    async def __aenter__(self):
        await self._broker.__aenter__()
        return self

    async def __aexit__(self, *error):
        await self._broker.__aexit__(*error)

    async def rules_changed(self):
        """As of a road."""
        await self._broker.rules_changed()

    async def run(self):
        """For ever: connect, subscribe, listen; a lost connection begins again after a second."""
        lost = False
        while True:
            try:
                await self._listen()
            except (aiomqtt.MqttError, OSError) as error:
                if not lost:
                    log.warning("the broker is not reached: %s", error)
                lost = not self.ready.is_set()
            finally:
                self.ready.clear()
                self._outgoing = asyncio.Queue(QUEUED_MOST)  # answers of yesterday: a terminal asks again
            await asyncio.sleep(AGAIN_S)

    async def _listen(self):
        host, port, context = self._broker.address()
        client = aiomqtt.Client(
            host,
            port,
            identifier=OWN_USER,
            username=OWN_USER,
            password=self._access.password_of(OWN_USER),
            tls_context=context,
            keepalive=KEEPALIVE_S,
            timeout=ANSWER_S,
            queue_type=self._ear,
        )
        async with client:
            await client.subscribe(ALL_UP, qos=1)
            self.ready.set()
            sender = asyncio.create_task(self._deliver(client))
            try:
                async for _message in client.messages:  # none comes this way: the ear has them all
                    pass
            finally:
                sender.cancel()

    def _ear(self, maxsize):
        return _Ear(maxsize, self._take)

    def _take(self, message):
        terminal_id = user_of(str(message.topic))
        if terminal_id is not None:
            self._hear(self, terminal_id, bytes(message.payload))

    async def _deliver(self, client):
        """What goes down, one after the other, each confirmed by the broker; nobody waits for it."""
        while True:
            terminal_id, frames = await self._outgoing.get()
            try:
                await client.publish(DOWN.format(terminal_id), b"".join(frames), qos=1)
            except aiomqtt.MqttError as error:
                log.debug("not sent to %s: %s", terminal_id, error)

    def send(self, terminal_id, frames):
        """Frames for a terminal, on their way. What is lost with the connection the terminal asks for again."""
        if frames and self.ready.is_set():
            try:
                self._outgoing.put_nowait((terminal_id, frames))
            except asyncio.QueueFull:
                self._refuse("down_full", f"{QUEUED_MOST} wait for the broker", terminal_id)


class _Ear(asyncio.Queue):
    """Stands where the client has a queue of all its messages: in one, a flood would stand before everybody else."""

    def __init__(self, maxsize, take):
        super().__init__(maxsize)
        self._take = take

    def put_nowait(self, item):
        """Hand it on at once."""
        self._take(item)
