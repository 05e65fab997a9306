"""One contract for all roads: the whole firmware under MicroPython, the whole gateway, and a wire between to be cut.

Four terminals live at once, one per road: MQTT at the gateway's own broker, MQTT at a mosquitto, HTTP, USB serial. Each
fault is done to all of them, then each must have carried every number.
"""

import os
import time
from contextlib import ExitStack

import pytest

from firmware.protocol.seal import gateway_key
from tests.fakes.certificates import make_leaf
from tests.fakes.mosquitto import SiteMosquitto
from tests.fakes.platform import Platform
from tests.fakes.terminal import SimulatedTerminal
from tests.fakes.wire import Cable, Relay
from tests.firmware.gateway.home import RunningGateway
from tests.ports import free_port

HOST = "127.0.0.1"
FAST = {"ack_timeout_s": 1, "io_timeout_s": 1, "poll_s": 0.3, "keepalive_s": 1}
QUIET = {"window_s": 600, "keepalive_s": 1, "poll_s": 1}  # it has nothing to say in a test's time


class Way:
    """One terminal on its road: `wire` can be cut, `platform` is where its readings must arrive."""

    def __init__(self, name, wire, terminal, platform):
        self.name, self.wire, self.terminal, self._platform = name, wire, terminal, platform

    def numbers(self):
        """(boot, n) of all that arrived, in order."""
        return [(seq >> 24, seq & 0xFFFFFF) for seq in self._platform.numbers(self.terminal.identity["terminal_id"])]

    def wait_for_more(self, count=2, timeout_s=20):
        """Wait until so many more readings of this boot arrived, and all before them."""
        newest = self.numbers()[-1] if self.numbers() else (1, 0)
        self._platform.wait_until(lambda: self._whole_up_to(newest, count), timeout_s)

    def _whole_up_to(self, newest, count):
        arrived = self.numbers()
        boot = [n for boot_no, n in arrived if boot_no == arrived[-1][0]]
        before = newest[1] if arrived and arrived[-1][0] == newest[0] else 0
        return arrived and boot[-1] >= before + count and boot == list(range(1, len(boot) + 1))


class Hospital:
    """Two gateways, four ways, and a quiet terminal beside each."""

    def __init__(self, folder, stack):
        self.folder, self._stack, self.ways, self.quiet = folder, stack, [], []
        self.platforms = [stack.enter_context(Platform(folder / name, name)) for name in ("gw-1", "gw-2")]
        cables = [Cable(folder / f"tty{n}") for n in range(2)]
        own = self._gateway(self.platforms[0], http__enabled=True, **_http(), serial__ports=f"{folder}/tty*")
        mosquitto = SiteMosquitto(folder / "mosquitto", make_leaf(self.platforms[1].ca, [HOST]), free_port())
        mosquitto.start()
        stack.callback(mosquitto.kill)
        other = self._gateway(self.platforms[1], **mosquitto.settings)
        http_port = own.settings["http.port"]
        self._way("embedded", self.platforms[0], own.port, "mqtt")
        self._way("mosquitto", self.platforms[1], other.port, "mqtt")
        self._way("http", self.platforms[0], http_port, "http")
        self._way("serial", self.platforms[0], None, "usb_serial", *cables)
        self.gateways = own, other

    def _gateway(self, platform, **settings):
        folder = self.folder / f"{platform.gateway_id}-home"
        folder.mkdir()
        gateway = RunningGateway(folder, platform, **settings)
        self._stack.callback(gateway.kill)
        gateway.start()
        return gateway

    def _way(self, name, platform, port, road, cable=None, quiet_cable=None):
        wire = self._stack.enter_context(cable or Relay(port))
        if quiet_cable:
            self._stack.enter_context(quiet_cable)
        terminal = self._terminal(name, platform, wire, FAST, getattr(wire, "port", None), road)
        self.ways.append(Way(name, wire, terminal, platform))
        self.quiet.append(self._terminal(f"{name}-quiet", platform, quiet_cable, QUIET, port, road))

    def _terminal(self, name, platform, cable, settings, port, road):
        secret = os.urandom(32)
        platform.terminals[name] = gateway_key(secret, platform.gateway_id)
        row = (platform.gateway_id, HOST, port, HOST, road)
        cable = cable if road == "usb_serial" else None
        folder = self.folder / name
        terminal = SimulatedTerminal(folder, secret, [row], platform.ca.der, name, settings, cable=cable)
        return self._stack.enter_context(terminal)


def _http():
    return {"http__host": HOST, "http__port": free_port()}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    with ExitStack() as stack:
        yield Hospital(tmp_path_factory.mktemp("hospital"), stack)


@pytest.fixture
def ways(hospital):
    return hospital.ways


def test_readings_go_up_and_acknowledgements_come_down(ways):
    for way in ways:
        way.wait_for_more(3)
        assert way.terminal.expect("link proved gw-")


def test_a_link_that_was_cut_is_found_again(ways):
    for way in ways:
        way.wire.cut()
    for way in ways:
        way.wait_for_more()


def test_a_message_cut_in_the_middle_is_sent_again(ways):
    for count in (40, 120, 300):
        for way in ways:
            way.wire.cut_after(count)
        time.sleep(1)
    for way in ways:
        way.wait_for_more()


def test_a_silent_peer_holds_nobody_up(ways):
    lost = [len([line for line in way.terminal.lines if "link lost" in line]) for way in ways]
    for way in ways:
        way.wire.stall()
    for way, before in zip(ways, lost, strict=True):
        way.terminal.expect("link lost", 15, times=before + 1)
    for way in ways:
        way.wire.flow()
    for way in ways:
        way.wait_for_more()


def test_a_gateway_that_was_killed_is_found_again(hospital, ways):
    for gateway in hospital.gateways:
        gateway.kill()
    for gateway in hospital.gateways:
        gateway.start()
    for way in ways:
        way.wait_for_more()


def test_a_terminal_that_was_switched_off_comes_again(ways):
    for way in ways:
        way.terminal.restart()
    for way in ways:
        way.terminal.expect("boot 2")
        way.wait_for_more()


def test_no_watchdog_bit_and_no_number_was_made_twice(ways):
    for way in ways:
        starts = [line for line in way.terminal.lines if "gantry terminal" in line]
        assert len(starts) == 2, (way.name, starts)
        assert len(way.numbers()) == len(set(way.numbers()))


def test_a_command_reaches_on_every_road_who_has_nothing_to_say(hospital):
    """On HTTP, where only the terminal can ask, its poll alone brings it."""
    expires_ms = round(time.time() * 1000) + 60_000
    asked = [(number, terminal.identity["terminal_id"]) for number, terminal in enumerate(hospital.quiet, 1)]
    for platform in hospital.platforms:
        platform.commands = [
            {"command_id": number, "terminal_id": name, "verb": "status", "body": {}, "expires_ms": expires_ms}
            for number, name in asked
            if name in platform.terminals
        ]
    for platform in hospital.platforms:
        wanted = {one["command_id"] for one in platform.commands}
        platform.wait_until(lambda platform=platform, wanted=wanted: done(platform) >= wanted, 40)


def done(platform):
    """The numbers of the commands whose result has arrived."""
    bodies = [record["body"] for record in platform.records if record["kind"] == "result"]
    return {body["command_id"] for body in bodies if body["state"] == "done"}


def test_who_has_nothing_to_say_stays_connected(hospital):
    """It lived through all of the above on a wire that was never cut; only its gateway was killed once."""
    for terminal in hospital.quiet:
        lost = [line for line in terminal.lines if line.startswith("link")]
        assert len([line for line in lost if "link proved" in line]) <= 2, lost
