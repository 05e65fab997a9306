"""Finds a gateway that answers and stays with it: the first of the list whose time has come, with growing pauses."""

import gc
from os import urandom

from firmware.terminal import forget, transports
from firmware.terminal.led import LED
from firmware.terminal.session import Session
from firmware.terminal.transports import RoadLost, TurnedAway, Untrusted

CABLE = "usb_serial"  # the road that needs no radio
ROOM = "firmware.terminal.transports."
ONCE = ("firmware.protocol.challenge", "firmware.protocol.seal")  # what only the beginning of a session needs


class Uplink:
    """The terminal's one way out. `breathe()` is called in every wait on the network."""

    def __init__(self, identity, outbox, clock, wifi, breathe, status=dict):
        self._identity, self._outbox, self._clock = identity, outbox, clock
        self._wifi, self._breathe = wifi, breathe
        self._gateways = identity.gateways
        self._due_ms, self._failures = [0] * len(self._gateways), [0] * len(self._gateways)
        self._turn, self._road, self._session, self._proved_ms = 0, None, None, None
        self._status = status
        self.refused = {}  # what we refused, by code
        self.lost = 0  # roads that broke or could not be opened
        self.acknowledged = False  # whether a reading was taken since the start

    def step(self, now_ms):
        """One turn: open a road when none is, else one step of the conversation on it."""
        try:
            if self._session is None:
                self._open(now_ms)
            else:
                self._go_on(now_ms)
        except TurnedAway as error:
            LED.name = "not proved"
            secrets, most_s = self._identity.secrets, self._identity.settings["back_off_most_s"]
            secrets.reverse()  # while one replaces the other, this gateway's broker may know either
            self._leave("link refused", error, _by_chance(most_s) if len(secrets) == 1 else self._back_off_ms())
        except RoadLost as error:
            self.lost += 1
            if self._session is None or self._proved_ms is not None:
                LED.name = "no network"
            self._leave("link lost", error, self._back_off_ms())
        except Untrusted as error:
            LED.name = "untrusted"
            self._leave("link refused", error, int(self._identity.settings["distrust_s"] * 1000))

    def rssi_dbm(self):
        """What the radio receives, in dBm; None without one or while it has no network."""
        return None if self._wifi is None else self._wifi.rssi_dbm()

    def _open(self, now_ms):
        online = self._wifi is None or self._wifi.ready(now_ms)
        for turn, gateway in enumerate(self._gateways):
            if self._due_ms[turn] <= now_ms and (online or gateway.road == CABLE):
                break
        else:
            if not online:
                LED.name = "no network"
            return
        self._turn = turn
        self._road = _road(gateway.road)(self._identity, gateway, self._breathe)
        self._road.open()
        self._session = Session(self._identity, self._road, self._outbox, self._clock, self._count, self._status)
        LED.name = "not proved"
        forget(ONCE)
        gc.collect()
        print("link open", gateway.gateway_id, gateway.road, "heap_free", gc.mem_free())

    def _go_on(self, now_ms):
        if self._wifi is not None and self._gateways[self._turn].road != CABLE and not self._wifi.ready(now_ms):
            raise RoadLost("no Wi-Fi")
        self._session.step(now_ms)
        self.acknowledged = self.acknowledged or self._session.acknowledged
        if self._proved_ms is None:
            if self._session.proved_by:
                self._proved_ms, self._failures[self._turn] = now_ms, 0
                LED.name = "working"
                forget(ONCE)
                print("link proved", self._session.proved_by)
        elif self._may_return(now_ms):
            self._leave("link left", "an earlier gateway may be back", 0)

    def _may_return(self, now_ms):
        """Whether it is time to look for an earlier gateway of the list again."""
        away_ms, earlier = now_ms - self._proved_ms, self._due_ms[: self._turn]
        return earlier and min(earlier) <= now_ms and away_ms > self._identity.settings["return_s"] * 1000

    def _leave(self, what, error, pause_ms):
        print(what, self._gateways[self._turn].gateway_id + ":", error)
        self._road.close()
        self._road = self._session = self._proved_ms = None
        self._due_ms[self._turn] = self._clock.uptime_ms() + pause_ms
        gc.collect()

    def _back_off_ms(self):
        """Milliseconds until the next attempt: doubled each time up to the most."""
        failures = self._failures[self._turn]
        self._failures[self._turn] = min(failures + 1, 16)
        settings = self._identity.settings
        return _by_chance(min(settings["back_off_first_s"] * 2**failures, settings["back_off_most_s"]))

    def _count(self, error):
        """Count a refusal of ours by its code; the first of a kind is told."""
        if error.code not in self.refused:
            print("refused", error)
        self.refused[error.code] = self.refused.get(error.code, 0) + 1


def _by_chance(most_s):
    """Milliseconds of a pause, half of it left to chance, so that terminals come apart."""
    return int(most_s * 500 * (1 + urandom(1)[0] / 255))


def _road(kind):
    """The class of a kind of road. What another kind took of the memory is given back first."""
    for other in ("mqtt", "http", CABLE):
        if other != kind:
            forget((ROOM + other,))
    __import__(ROOM + kind)
    return getattr(transports, kind).Road
