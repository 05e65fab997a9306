"""The agent's main path: look at disks and connections -> outbox -> session -> gateway. One loop."""

import logging
import sqlite3
import threading
from collections import deque

from firmware.host import VERSION, disks
from firmware.host.clock import Clock
from firmware.host.config import ports_of
from firmware.host.flows import Flows, connections
from firmware.host.outbox import Outbox
from firmware.host.uplink import Uplink
from firmware.protocol.frame import seq_of
from firmware.protocol.measured import CLOCK_STEPPED
from firmware.protocol.record import FIRST_N

log = logging.getLogger("host")

TURN_S = 0.2
WAITING_MOST = 1000  # readings kept in memory while the disk takes nothing


class Agent:
    """All parts, wired. Raises HostError when it cannot begin."""

    def __init__(self, settings, identity):
        self._settings, self._clock = settings, Clock()
        self._outbox = Outbox(settings["state"], identity, self._clock, settings["outbox.readings_most"])
        self._uplink = Uplink(identity, self._outbox, self._clock, self.status)
        self._ports = ports_of(settings)
        self._flows = Flows(settings["flows.open_every_s"] * 1000, settings["flows.kept_most"])
        self._mount_points = disks.watched(settings["disks.watched"])
        self._n = self._record_n = 0
        self._readings, self._records, self._lost = deque(), deque(), []  # what the disk has not taken yet
        now_ms = self._clock.steady_ms()
        self._due_ms, self._disks_due_ms, self._flows_due_ms = now_ms, now_ms, now_ms
        self._kept, self._ended = True, threading.Event()
        self._boot_no = self._outbox.boot_no

    def end(self):
        """Ask it to end, from a signal."""
        self._ended.set()

    def run(self, told=lambda: None):
        """Until `end`. `told()` is called in every turn: somebody may watch that they go on."""
        log.info("agent ready: boot %d, disks %s", self._boot_no, ", ".join(self._mount_points))
        try:
            while not self._ended.wait(TURN_S):
                now_ms = self._clock.steady_ms()
                self._look(now_ms)
                self._keep()
                self._go_on(now_ms)
                told()
        finally:
            self._uplink.close()
            self._outbox.close()

    def _go_on(self, now_ms):
        try:
            self._uplink.step(now_ms)
        except sqlite3.Error as error:  # an acknowledgement that is not kept comes again
            self._complain(error)

    def _look(self, now_ms):
        """Everything that is due."""
        if now_ms >= self._flows_due_ms:
            self._flows_due_ms = now_ms + self._settings["flows.look_every_s"] * 1000
            self._flows.look(connections(self._ports), now_ms)
        if now_ms < self._due_ms:
            return
        self._due_ms = max(self._due_ms + self._settings["every_s"] * 1000, now_ms)
        found, running_s = disks.disks(self._mount_points), disks.uptime_s()
        values, flags = disks.values_of(found, running_s)
        self._measure(now_ms, values, flags)
        if now_ms >= self._disks_due_ms:
            self._disks_due_ms = now_ms + self._settings["disks.record_every_s"] * 1000
            self._record(now_ms, "disks", {"disks": found, "uptime_s": running_s})
        for body in self._flows.report(now_ms):
            self._record(now_ms, "flows", body)

    def _measure(self, now_ms, values, flags):
        self._n += 1
        if self._clock.stepped:
            self._clock.stepped, flags = False, flags | CLOCK_STEPPED
        seq = seq_of(self._boot_no, self._n)
        self._readings.append((seq, self._clock.own_ms(), now_ms, flags, values))
        if len(self._readings) > WAITING_MOST:
            lost = self._readings.popleft()[0]
            self._lost.append((lost, lost))

    def _record(self, now_ms, kind, body):
        self._record_n += 1
        seq = seq_of(self._boot_no, FIRST_N + self._record_n)
        self._records.append((seq, self._clock.own_ms(), now_ms, kind, body))
        if len(self._records) > WAITING_MOST:
            lost = self._records.popleft()[0]
            self._lost.append((lost, lost))

    def _keep(self):
        """Bring to the disk what is not there; while it takes nothing, it waits here."""
        if not (self._readings or self._records or self._lost):
            return
        try:
            self._outbox.put(self._readings, self._records, self._lost)
        except sqlite3.Error as error:
            self._complain(error)
            return
        if not self._kept:
            log.info("the disk takes readings again")
        self._kept = True
        self._readings.clear()
        self._records.clear()
        self._lost = []

    def _complain(self, error):
        if self._kept:
            log.error("the outbox in %s takes nothing: %s; free the disk", self._settings["state"], error)
        self._kept = False

    def status(self):
        """What is told on request."""
        waiting = self._outbox.waiting()
        return {
            "version": VERSION,
            "board": "host",
            "boot_no": self._boot_no,
            "uptime_s": disks.uptime_s(),
            "disks": disks.disks(self._mount_points),
            "outbox": {"memory": len(self._readings), "waiting": waiting.readings, "records": waiting.records},
            "flows": {"open": self._flows.open_now(), "dropped": self._flows.dropped},
            "link_losses": self._uplink.lost,
            "refused": self._uplink.refused,
        }
