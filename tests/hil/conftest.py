"""The bench a terminal lies on: a broker with TLS, a gateway's side of A01, and the terminal itself.

Today's runner is the simulated board under a real MicroPython. A board on USB needs the flasher's provisioning first.
"""

from collections import namedtuple

import pytest

from firmware.protocol.seal import gateway_key, mqtt_password
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.gateway import PeerGateway
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.terminal import SimulatedTerminal

SECRET = bytes(range(32))
GATEWAY_ID, TERMINAL_ID, PASSWORD = "gw-1", "ct-01", "the gateway's own"

Bench = namedtuple("Bench", ("terminal", "gateway", "broker"))


@pytest.fixture
def bench(tmp_path, pytestconfig, request):
    """A terminal that is switched on, and what it talks to; a test may name what its identity says otherwise."""
    if pytestconfig.getoption("--port"):
        pytest.skip("a board on USB is provisioned by the flasher, which cannot do that yet")
    folder, identity = tmp_path / "terminal", getattr(request, "param", {})
    ca = make_ca("hil")
    key = gateway_key(SECRET, GATEWAY_ID)
    users = {TERMINAL_ID: mqtt_password(key), "gateway": PASSWORD}
    broker = Mosquitto(tmp_path / "broker", make_leaf(ca, ["127.0.0.1"]), users)
    road = (GATEWAY_ID, "127.0.0.1", broker.port, "127.0.0.1")
    try:
        with (
            PeerGateway(GATEWAY_ID, broker.port, ca.pem, PASSWORD, key) as gateway,
            SimulatedTerminal(folder, SECRET, [road], ca.der, TERMINAL_ID, **identity) as terminal,
        ):
            yield Bench(terminal, gateway, broker)
    finally:
        broker.stop()
