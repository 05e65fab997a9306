"""The simulated board's sockets forget a time-out as a board's do: what would hang there hangs here."""

import socket

import pytest

from boards.simulated import run as board
from tests.fakes import micropython
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.faulty_broker import CONNACK, SUBACK, FaultyBroker
from tests.firmware.terminal.test_mqtt import BEGIN

PLAIN = """
import errno, machine, socket, time
one = socket.socket()
one.connect(socket.getaddrinfo("127.0.0.1", {port})[0][-1])
one.settimeout(0.2)
try:
    one.read(1)
except OSError as error:
    assert error.errno == errno.ETIMEDOUT, error
"""
AS_PUBLISHED = """
import machine, socket, ssl, sys, umqtt.simple

class Timed:
    getaddrinfo = socket.getaddrinfo
    def socket(self):
        one = socket.socket()
        one.settimeout(0.5)
        return one

umqtt.simple.socket, sys.modules["ussl"] = Timed(), ssl
with open("ca.der", "rb") as file:
    trust = {{"cert_reqs": ssl.CERT_REQUIRED, "cadata": file.read(), "server_hostname": "gw.test"}}
client = umqtt.simple.MQTTClient("ct-01", "127.0.0.1", {port}, ssl=True, ssl_params=trust)
client.set_callback(print)
client.connect()
client.subscribe(b"a01/ct-01/down", qos=1)
machine.WDT(timeout=2000)
client.publish(b"a01/ct-01/up", b"x", qos=1)
"""


def ended(script, folder):
    """The exit status of a script on the board, and what it said."""
    (folder / "simulated.json").write_text('{"equipment": "CT", "seed": 7}')
    with open(folder / "said", "w+") as said:
        status = board.play(["-c", script], folder, board.stage(), stdout=said, stderr=said).returncode
        said.seek(0)
        return status, said.read()


@pytest.fixture
def silent():
    """The port of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_time_out_holds_until_blocking_is_asked_for_and_is_gone_then(silent, tmp_path):
    script = PLAIN.format(port=silent)
    assert ended(script, tmp_path) == (0, "")
    waits = "one.setblocking(True)\nmachine.WDT(timeout=1000)\none.read(1)\n"
    status, said = ended(script + waits, tmp_path)
    assert board.RESETS[status] == "3", said
    goes_on = "one.setblocking(False)\nassert one.read(1) is None\n"
    assert ended(script + goes_on, tmp_path) == (0, "")


def test_a_lost_acknowledgement_hangs_the_published_client_and_our_road_survives_it(tmp_path):
    ca = make_ca("lwip")
    leaf, replies = make_leaf(ca, ("gw.test",)), [(0x10, CONNACK), (0x80, SUBACK)]
    (tmp_path / "ca.der").write_bytes(ca.der)
    with FaultyBroker(tmp_path / "one", leaf, replies) as broker:
        status, said = ended(AS_PUBLISHED.format(port=broker.port), tmp_path)
    assert board.RESETS[status] == "3", said
    with FaultyBroker(tmp_path / "two", leaf, replies) as broker:
        words = {"port": broker.port, "server_name": "gw.test", "secret": "00" * 32, "settings": '{"io_timeout_s": 1}'}
        ours = "machine.WDT(timeout=3000)\nroad.open()\nattempt(road.send, b'x')\n"
        (line,) = micropython.run("import machine\n" + BEGIN.format(**words) + ours, tmp_path).splitlines()
    assert line.startswith("RoadLost OSError [Errno 110] ETIMEDOUT") and line.endswith("after 1 s")
