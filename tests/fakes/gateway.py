"""The gateway's side of A01 for tests, by protocol: a real MQTT client and a GatewayLink, with faults to switch on."""

import asyncio
import hashlib
import os
import ssl
import threading
import time

import aiomqtt

from firmware.protocol.errors import ProtocolError
from firmware.protocol.gateway_link import Gaps, GatewayLink, Hello, Readings
from firmware.protocol.link import Proved
from firmware.protocol.message import IMAGE_ID, Chunk, Offer, Result, Status, Want
from firmware.protocol.received import span_of


class PeerGateway:
    """One gateway with one terminal. Use as a context; what arrives stands in `readings`, `gaps`, `hellos`, `messages`.

    `acknowledges`: False withholds acknowledgements. `slow_s`: how long it sits over a hello.
    `ts_ms()`: the time it tells, or None for "time unknown".
    """

    def __init__(self, gateway_id, port, ca_pem, password, key, terminal_id="ct-01", ts_ms=None):
        self._port, self._ca_pem, self._password, self._key = port, ca_pem, password, key
        self._terminal_id, self._link = terminal_id, GatewayLink(gateway_id, os.urandom)
        self.ts_ms = ts_ms or (lambda: round(time.time() * 1000))
        self.acknowledges, self.refuses, self.slow_s = True, None, 0
        self.patience = 1  # how much longer than with a simulated terminal a wait may take
        self.readings, self.gaps, self.hellos, self.messages, self.errors = [], [], [], [], []
        self.said, self._image = [], b""  # Status and Result messages; the image that is offered
        self._taken = 0  # how many of what was said were waited for
        self._changed = threading.Condition()
        self._ready, self._loop, self._task = threading.Event(), None, None

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(15), "the peer cannot reach its broker"
        return self

    def __exit__(self, *_error):
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)

    async def _serve(self):
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        trust = ssl.create_default_context(cadata=self._ca_pem.decode())
        while True:
            try:
                async with aiomqtt.Client(
                    "127.0.0.1", self._port, username="gateway", password=self._password, tls_context=trust
                ) as client:
                    await client.subscribe("a01/+/up", qos=1)
                    self._client = client
                    self._ready.set()
                    async for message in client.messages:
                        hellos = len(self.hellos)
                        frames = self._take(bytes(message.payload))
                        await asyncio.sleep(self.slow_s if len(self.hellos) > hellos else 0)
                        for frame in frames:
                            await client.publish(f"a01/{self._terminal_id}/down", frame, qos=1)
            except aiomqtt.MqttError:
                await asyncio.sleep(0.1)
            except asyncio.CancelledError:
                return

    def _take(self, payload):
        """The frames to answer a message with."""
        self._link.receive(payload)
        frames = []
        with self._changed:
            self.messages.append(payload)
            try:
                while (event := self._link.next_event(time.monotonic())) is not None:
                    frames += self._answer(event)
            except ProtocolError as error:
                self.errors.append(error)
            self._changed.notify_all()
        return frames

    def _answer(self, event):
        if isinstance(event, Hello):
            self.hellos.append(event)
            if self.refuses:
                return [self._link.refuse(self.refuses)]
            return [self._link.answer(event, self._key, self.ts_ms())]
        if isinstance(event, Readings):
            self.readings += event.readings
            return self._let_go([span_of(reading) for reading in event.readings])
        if isinstance(event, Gaps):
            self.gaps += event.gaps
            return self._let_go([(gap.from_seq, gap.to_seq) for gap in event.gaps])
        if isinstance(event, Want):
            return [self._link.send(Chunk(event.image_id, event.offset, self._image[event.offset :][: event.length]))]
        if isinstance(event, Status | Result):
            self.said.append(event)
            return []
        assert isinstance(event, Proved), event
        if self._image:
            return [self._link.send(self._offer)]
        return []

    def say(self, event):
        """Send a Command, Offer or Chunk to the terminal."""
        asyncio.run_coroutine_threadsafe(self._send(event), self._loop).result(10)

    async def _send(self, event):
        """Sealed where acknowledgements are sealed too: no two frames take one counter."""
        await self._client.publish(f"a01/{self._terminal_id}/down", self._link.send(event), qos=1)

    def offer(self, head, image, now=True):
        """Offer an image, now and after every proof, until it is taken back with an empty one."""
        self._image = image
        self._offer = Offer(hashlib.sha256(head).digest()[:IMAGE_ID], len(image), len(head))
        if now:
            self.say(self._offer)

    def wait_for_word(self, timeout_s=30):
        """The next Status or Result that nobody has asked for yet; waits for it."""
        self.wait_until(lambda: len(self.said) > self._taken, timeout_s)
        self._taken += 1
        return self.said[self._taken - 1]

    def ask(self, command):
        """Send a Command; the Result that answers it."""
        self.say(command)
        answers = []

        def answered():
            answers[:] = [one for one in self.said if isinstance(one, Result) and one.command_id == command.command_id]
            return bool(answers)

        self.wait_until(answered, 30)
        return answers[0]

    def _let_go(self, intervals):
        return [self._link.acknowledge(intervals)] if self.acknowledges else []

    def wait_until(self, holds, timeout_s=20):
        """Wait until `holds()` is true of what arrived."""
        with self._changed:
            assert self._changed.wait_for(holds, timeout_s * self.patience), (
                f"not within {timeout_s} s; {len(self.hellos)} hellos, {len(self.readings)} readings, {self.errors}"
            )

    def wait_for_readings(self, count, timeout_s=20):
        """Wait until so many more readings arrived; these."""
        first = len(self.readings)
        self.wait_until(lambda: len(self.readings) >= first + count, timeout_s)
        return self.readings[first:]
