"""Finds a gateway that answers: each of the list in turn, with growing pauses; stays with one that proved itself."""

import gc
from os import urandom

from firmware.terminal.session import Session
from firmware.terminal.transports import RoadLost, Untrusted
from firmware.terminal.transports.mqtt import MqttRoad


class Uplink:
    """The terminal's one way out. `breathe()` is called in every wait on the network."""

    def __init__(self, identity, outbox, clock, wifi, breathe, status=dict):
        self._identity, self._outbox, self._clock = identity, outbox, clock
        self._wifi, self._breathe = wifi, breathe
        self._gateways = identity.gateways
        self._due_ms, self._failures = [0] * len(self._gateways), [0] * len(self._gateways)
        self._turn, self._road, self._session, self._proved = 0, None, None, False
        self._status = status
        self.refused = {}  # what we refused, by code
        self.acknowledged = False  # whether a reading was taken since the start

    def step(self, now_ms):
        """One turn: open a road when none is, else one step of the conversation on it."""
        try:
            if self._session is not None:
                self._session.step(now_ms)
                self._note_proof()
                self.acknowledged = self.acknowledged or self._session.acknowledged
            elif self._wifi is None or self._wifi.ready(now_ms):
                self._open(now_ms)
        except RoadLost as error:
            self._leave("link lost", error, self._back_off_ms())
        except Untrusted as error:
            self._leave("link refused", error, int(self._identity.settings["distrust_s"] * 1000))

    def _open(self, now_ms):
        turn = min(range(len(self._gateways)), key=lambda index: self._due_ms[index])
        if now_ms < self._due_ms[turn]:
            return
        self._turn = turn
        gateway = self._gateways[turn]
        self._road = MqttRoad(self._identity, gateway, self._breathe)
        self._road.open()
        self._session = Session(self._identity, self._road, self._outbox, self._clock, self._count, self._status)
        gc.collect()
        print("link open", gateway.gateway_id, "heap_free", gc.mem_free())

    def _note_proof(self):
        if self._session.proved_by and not self._proved:
            self._proved, self._failures[self._turn] = True, 0
            print("link proved", self._session.proved_by)

    def _leave(self, what, error, pause_ms):
        print(what, self._gateways[self._turn].gateway_id + ":", error)
        self._road.close()
        self._road = self._session = None
        self._proved = False
        self._due_ms[self._turn] = self._clock.uptime_ms() + pause_ms
        gc.collect()

    def _back_off_ms(self):
        """Milliseconds until the next attempt: doubled each time up to the most, with half of it left to chance."""
        failures = self._failures[self._turn]
        self._failures[self._turn] = min(failures + 1, 16)
        most_s = min(
            self._identity.settings["back_off_first_s"] * 2**failures, self._identity.settings["back_off_most_s"]
        )
        return int(most_s * 500 * (1 + urandom(1)[0] / 255))

    def _count(self, error):
        """Count a refusal of ours by its code; the first of a kind is told."""
        if error.code not in self.refused:
            print("refused", error)
        self.refused[error.code] = self.refused.get(error.code, 0) + 1
