"""Finds a gateway that answers and stays with it: the first of the list whose time has come, with growing pauses."""

import logging
import os
import random

from firmware.host.commands import Commands
from firmware.host.roads import http, mqtt
from firmware.protocol.record import HostLink
from firmware.terminal.session import Session
from firmware.terminal.transports import RoadLost, TurnedAway, Untrusted

log = logging.getLogger("host")

ROADS = {"mqtt": mqtt.Road, "http": http.Road}


class Uplink:
    """The agent's one way out. The conversation is a terminal's own, with a link that carries records too."""

    def __init__(self, identity, outbox, clock, status):
        self._identity, self._outbox, self._clock, self._status = identity, outbox, clock, status
        self._due_ms, self._failures = [0] * len(identity.gateways), [0] * len(identity.gateways)
        self._turn, self._road, self._link, self._session = 0, None, None, None
        self._record_ms, self._proved = None, False
        self._told = None  # what was said of a lost gateway last: not said again until something changes
        self.refused, self.lost = {}, 0  # what we refused, by code; roads that broke or could not be opened

    def step(self, now_ms):
        """One turn: open a road when none is, else one step of the conversation on it."""
        try:
            if self._session is None:
                self._open(now_ms)
            else:
                self._go_on(now_ms)
        except TurnedAway as error:
            self._leave("refused by", error, now_ms, self._identity.settings["back_off_most_s"])
        except RoadLost as error:
            self.lost += 1
            self._leave("lost", error, now_ms, self._back_off_s())
        except Untrusted as error:
            self._leave("refused", error, now_ms, self._identity.settings["distrust_s"])

    def close(self):
        """Leave the gateway."""
        if self._road is not None:
            self._road.close()

    def _open(self, now_ms):
        turn = next((turn for turn, due_ms in enumerate(self._due_ms) if due_ms <= now_ms), None)
        if turn is None:
            return
        self._turn, gateway = turn, self._identity.gateways[turn]
        self._road = ROADS[gateway.road](self._identity, gateway)
        self._road.open()
        gateway_ids = [one.gateway_id for one in self._identity.gateways]
        self._link = HostLink(self._identity.terminal_id, self._identity.secret, gateway_ids, os.urandom)
        self._session = Session(
            self._identity,
            self._road,
            self._outbox,
            self._clock,
            self._count,
            link=self._link,
            commands=Commands(self._status),
        )

    def _go_on(self, now_ms):
        self._session.step(now_ms)
        if self._session.proved_by and not self._proved:
            self._proved, self._told, self._failures[self._turn] = True, None, 0
            log.info("proved by %s", self._session.proved_by)
        if self._link.proved and self._clock.offset_ms is not None:
            self._send_record(now_ms)

    def _send_record(self, now_ms):
        """The oldest record, one at a time; again when no acknowledgement comes."""
        record = self._outbox.record()
        if record is None:
            self._record_ms = None
            return
        waited_ms = self._identity.settings["ack_timeout_s"] * 1000
        seq, sent_ms = self._record_ms or (None, 0)
        if seq != record.seq or now_ms - sent_ms > waited_ms:
            self._road.send(self._link.send_record(record))
            self._record_ms = (record.seq, now_ms)

    def _leave(self, what, error, now_ms, pause_s):
        told = f"{what} {self._identity.gateways[self._turn].gateway_id}: {error}"
        if told != self._told:
            log.warning("%s", told)
        self._told = told
        self._road.close()
        self._road = self._link = self._session = self._record_ms = None
        self._proved = False
        self._due_ms[self._turn] = now_ms + round(pause_s * 1000 * random.uniform(0.5, 1))

    def _back_off_s(self):
        """Seconds until the next attempt: doubled each time up to the most."""
        failures = self._failures[self._turn]
        self._failures[self._turn] = min(failures + 1, 16)
        settings = self._identity.settings
        return min(settings["back_off_first_s"] * 2**failures, settings["back_off_most_s"])

    def _count(self, error):
        """Count a refusal of ours by its code; the first of a kind is told."""
        if error.code not in self.refused:
            log.warning("refused %s", error)
        self.refused[error.code] = self.refused.get(error.code, 0) + 1
