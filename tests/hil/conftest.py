"""The bench a terminal lies on: a broker with TLS, a gateway's side of A01, and the terminal itself.

One suite, three runners: the simulated board always; an emulated Pico W where GANTRY_PICO_UF2 names MicroPython's
image; and, alone, a board on USB where --port names its serial port (docs/guide-hil.md).
"""

import os
from collections import namedtuple
from functools import partial
from pathlib import Path

import pytest

from firmware.protocol.message import Command
from firmware.protocol.seal import gateway_key, mqtt_password
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.gateway import PeerGateway
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.terminal import SimulatedTerminal
from tests.hil.board import BoardTerminal, Cable

IMAGE = "GANTRY_PICO_UF2"  # the path of MicroPython's image for a Pico W
SECRET = bytes(range(32))
GATEWAY_ID, TERMINAL_ID, PASSWORD = "gw-1", "ct-01", "the gateway's own"


class Bench(namedtuple("Bench", ("terminal", "gateway", "broker"))):
    """What a test of a terminal works with."""

    def status(self):
        """What the terminal says of itself on request, once it has a session to be asked in."""
        self.gateway.wait_for_readings(1)
        return self.gateway.ask(Command(2**40 + len(self.gateway.said), "status", {})).body


def pytest_generate_tests(metafunc):
    """Each test of a terminal once on every runner there is; what is missing says so by a skip."""
    if "runner" in metafunc.fixturenames:
        alone = metafunc.config.getoption("--port")
        metafunc.parametrize("runner", ["board"] if alone else ["simulated", "emulated"], indirect=True)


@pytest.fixture
def runner(request):
    """Makes the terminal of this runner: runner(folder, secret, roads, ca, id, **identity)."""
    if request.param == "simulated":
        return SimulatedTerminal
    if request.param == "board":
        cable = Cable(*(request.config.getoption(name) for name in ("--port", "--board", "--wifi", "--power")))
        return partial(BoardTerminal, cable)
    if not Path(os.environ.get(IMAGE, "")).is_file():
        pytest.skip(f"{IMAGE} names no image of MicroPython for a Pico W")
    from tests.hil.emulated import EmulatedTerminal  # its emulator is not to be had for every machine

    return EmulatedTerminal


@pytest.fixture
def bench(tmp_path, runner, request):
    """A terminal that is switched on, and what it talks to; a test may name what its identity says otherwise."""
    folder, identity = tmp_path / "terminal", getattr(request, "param", {})
    ca = make_ca("hil")
    key = gateway_key(SECRET, GATEWAY_ID)
    users = {TERMINAL_ID: mqtt_password(key), "gateway": PASSWORD}
    host = request.config.getoption("--host")
    broker = Mosquitto(tmp_path / "broker", make_leaf(ca, ["127.0.0.1", host]), users, host)
    road = (GATEWAY_ID, host, broker.port, host)
    try:
        with (
            PeerGateway(GATEWAY_ID, broker.port, ca.pem, PASSWORD, key) as gateway,
            runner(folder, SECRET, [road], ca.der, TERMINAL_ID, **identity) as terminal,
        ):
            gateway.patience = terminal.patience
            yield Bench(terminal, gateway, broker)
    finally:
        broker.stop()
