"""The gateway's main path: what terminals send is proved, checked, kept, acknowledged, and carried to the collector."""

import asyncio
import gc
import logging
import os
import secrets
import signal
import sqlite3

from firmware.gateway import certificates, live
from firmware.gateway.a02 import Collector, CollectorRefused, CollectorSilent
from firmware.gateway.clock import Clock
from firmware.gateway.commands import Commands
from firmware.gateway.errors import GatewayError
from firmware.gateway.fleet import Fleet
from firmware.gateway.flood import Flood
from firmware.gateway.identity import credential_of, read_identity
from firmware.gateway.intake import Intake
from firmware.gateway.north import North
from firmware.gateway.outbox import Outbox
from firmware.gateway.outbox.room import limits_of
from firmware.gateway.page import Page
from firmware.gateway.pipeline import Rules
from firmware.gateway.refusals import Refusals
from firmware.gateway.renewal import Renewal
from firmware.gateway.roads import Roads
from firmware.gateway.sessions import Sessions
from firmware.gateway.sink import Sink, next_boot_no
from firmware.gateway.sources import Sources
from firmware.gateway.south.access import Access
from firmware.gateway.south.http import HttpRoad
from firmware.gateway.south.mosquitto import Mosquitto
from firmware.gateway.south.mqtt import MqttRoad
from firmware.gateway.south.usb_serial import SerialRoad
from firmware.gateway.terminals import KeyTable
from firmware.gateway.updates import Updates
from firmware.systemd import Notice

log = logging.getLogger("gateway")
WATCH_S = 3600  # between two looks at our certificates


async def run(settings):
    """Run until SIGTERM or SIGINT. Raises GatewayError when it cannot begin."""
    notice = Notice()
    gateway = Gateway(settings, read_identity(settings["state"]), notice)
    running = asyncio.create_task(gateway.run())

    def end():
        notice.stopping()
        running.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        await running
    except asyncio.CancelledError:
        log.info("gateway ended")
    except ExceptionGroup as group:  # what one of its tasks cannot go on without is said as one line
        error = group.subgroup(GatewayError)
        if error is None:
            raise
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        raise error from group


class Gateway:
    """Everything one gateway is made of, wired together."""

    def __init__(self, settings, identity, notice):
        self._settings, self._identity, self._notice = settings, identity, notice
        self._clock, self._refusals = Clock(), Refusals()
        self._outbox = Outbox(settings["state"], self._clock.now_ms(), limits_of(settings), Rules(settings).of)
        self._keys = KeyTable(settings["state"], identity.gateway_id)
        self._sessions = Sessions(identity.gateway_id, self._keys, self._refusals.count, os.urandom)
        self._flood = Flood(settings, self._refusals.count)
        self._roads = Roads(self._sessions.road_of, self._flood)
        self._add_roads(Access(self._keys, secrets.token_hex(32), self._flood.barred))
        self._news, self._keys_asked = asyncio.Event(), asyncio.Event()
        self._commands = Commands(settings["state"], self._tell)
        updates = Updates(settings["state"], self._tell)
        self._fleet = Fleet(settings, self._roads, self._sessions, self._keys, self._commands, updates, self._clock)
        self._intake = Intake(
            settings, self._roads, self._sessions, self._clock, self._refusals, self._outbox, self._news, self._fleet
        )
        boot_no = next_boot_no(settings["state"], self._clock.now_ms())
        self._sink = Sink(boot_no, self._intake, self._outbox, self._refusals, self._clock, self._news)
        self._sources = Sources(settings, identity.certificate, self._sink)
        self._north = None  # once there is a way to the collector

    def _add_roads(self, access):
        settings, identity, hear, flood = self._settings, self._identity, self._roads.hear, self._flood
        given = (settings, identity, access, self._refused_as("broker_refused"))
        broker = _embedded()(*given, flood) if settings["mqtt.embedded"] else Mosquitto(*given)
        self._roads.add(MqttRoad(broker, access, hear, flood.refuse))
        if settings["http.enabled"]:
            self._roads.add(HttpRoad(settings, identity, access, hear, self._refused_as("http_refused"), flood))
        if settings["serial.ports"]:
            self._roads.add(SerialRoad(settings["serial.ports"], hear, self._refused_as("serial_refused"), flood))

    def _refused_as(self, code):
        return lambda user, text: self._refusals.count(user, code, text)

    async def run(self):
        """The whole of it, in one task group."""
        settings, identity = self._settings, self._identity
        self._loop = asyncio.get_running_loop()
        credential = credential_of(identity)
        try:
            async with Collector(settings, credential) as collector, self._roads, self._sources:
                self._north = North(settings, identity.gateway_id, self._outbox, collector, self._clock, self._news)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._roads.run())
                    group.create_task(self._flood.run(self._rules_changed))
                    group.create_task(self._intake.run())
                    group.create_task(self._intake.release())
                    group.create_task(self._sources.run())
                    group.create_task(self._north.run())
                    renewal = Renewal(settings, identity, collector)
                    group.create_task(self._keep_keys(collector, renewal))
                    group.create_task(self._fleet.run(collector))
                    group.create_task(live.serve(settings["state"], self._seen))
                    if settings["page.enabled"]:
                        group.create_task(Page(settings, self._seen, identity.certificate).run())
                    group.create_task(self._report_refusals())
                    group.create_task(self._watch_certificates())
                    group.create_task(self._say_ready())
        finally:
            self._report(self._refusals.take())
            self._commands.close()
            self._outbox.close()

    def _seen(self):
        """What only a running gateway knows, for the page and for `status`; as JSON can say it."""
        latest = {name: {"ts_ms": one.ts_ms, "values": one.values} for name, one in dict(self._intake.latest).items()}
        return {
            "clock_proved": self._clock.proved_ms() is not None,
            "clock_offset_ms": self._clock.offset_ms(),
            "silent_s": self._north.silent_s(),
            "here": sorted(self._sessions.here()),
            "latest": latest,
            "kept_out": self._flood.bars(),
        }

    def _tell(self, kind, body):
        """Keep a record of our own for the collector; from any thread."""
        self._outbox.put_record(self._identity.gateway_id, kind, self._clock.now_ms(), body)
        self._loop.call_soon_threadsafe(self._news.set)
        if kind == "result":
            self._loop.call_soon_threadsafe(self._north.hurry)

    async def _keep_keys(self, collector, renewal):
        """The key table follows the collector; without it the last one known serves."""
        reached = True
        while True:
            try:
                if await renewal.follow(await self._renew_keys(collector)):
                    await self._roads.rules_changed()
                reached = True
            except (GatewayError, OSError) as error:
                log.error("%s", error)
            except (CollectorSilent, CollectorRefused) as error:
                if isinstance(error, CollectorRefused) and await renewal.refused(error):
                    continue
                if reached:
                    log.warning("the list of terminals is not renewed: %s", error)
                reached = False
            self._keys_asked.set()
            await asyncio.sleep(self._settings["collector.terminals_every_s"])

    async def _renew_keys(self, collector):
        asked_ms = self._clock.steady_ms()
        answer = await collector.terminals()
        self._clock.hear(answer.get("server_ms"), asked_ms, self._clock.steady_ms())
        if self._keys.take(answer.get("terminals") or []):
            log.info("%d terminals are assigned to %s", len(self._keys.ids()), self._identity.gateway_id)
            self._sessions.keys_changed()
            await self._roads.rules_changed()
        return answer

    async def _rules_changed(self):
        """Whoever floods us is cut off, and let in again when its bar is over."""
        try:
            await self._roads.rules_changed()
        except GatewayError as error:
            log.error("%s", error)

    async def _watch_certificates(self):
        """Say, and count, when a certificate of ours has ended or soon will: terminals refuse it then."""
        files = {
            self._identity.certificate: "terminals refuse it: enrol again",
            self._identity.ca: "no terminal can trust what it signed: make a new authority at the collector",
        }
        while True:
            now_ms = self._clock.proved_ms()
            try:
                found = [] if now_ms is None else certificates.ending(files, now_ms)
            except GatewayError as error:
                log.error("%s", error)
                found = []
            for path, text, over in found:
                log.log(logging.ERROR if over else logging.WARNING, "%s", text)
                if over:
                    self._refusals.count(self._identity.gateway_id, "certificate_expired", path.name)
            await asyncio.sleep(WATCH_S)

    async def _report_refusals(self):
        while True:
            await asyncio.sleep(self._settings["refusals.every_s"])
            counts = self._refusals.take()
            if counts:
                await asyncio.to_thread(self._report, counts)
                self._news.set()

    def _report(self, counts):
        if not counts:
            return
        try:
            self._outbox.report(counts, self._clock.now_ms())
        except sqlite3.Error as error:
            self._refusals.give_back(counts)
            log.error("refusals are not kept: %s", error)

    async def _say_ready(self):
        await self._keys_asked.wait()
        await self._roads.ready()
        gc.collect()
        gc.freeze()  # what a start has made stays: to look through it again would hold up every message for 15 ms
        log.info("gateway ready: %s on port %d", self._identity.gateway_id, self._settings["mqtt.port"])
        self._notice.ready()
        while self._notice.every_s:  # from the loop that does all the work: when that hangs, this stops
            self._notice.alive()
            await asyncio.sleep(self._notice.every_s / 2)


def _embedded():
    from firmware.gateway.south.broker import (
        EmbeddedBroker,  # here, because a site with mosquitto does without the library
    )

    return EmbeddedBroker
