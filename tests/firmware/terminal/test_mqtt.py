"""The road over MQTT: what umqtt.simple lacks is added, and every wait on a broker ends."""

import json

import pytest

from firmware.protocol.seal import mqtt_password
from tests.fakes import micropython
from tests.fakes.faulty_broker import CONNACK, SUBACK, FaultyBroker
from tests.firmware.terminal.conftest import SERVER_NAME

BEGIN = """
import time
from firmware.terminal.config import read_settings
from firmware.terminal.identity import Gateway, Identity
from firmware.terminal.transports import RoadLost, Untrusted
from firmware.terminal.transports.mqtt import Road

breaths = []
gateway = Gateway("gw-1", "127.0.0.1", {port}, "{server_name}", "mqtt")
settings = read_settings({settings})
identity = Identity("ct-01", [bytes.fromhex("{secret}")], 1, [gateway], "ca.der", [], settings, None, {{}}, None)
road = Road(identity, gateway, lambda: breaths.append(1))

def attempt(action, *words):
    before = time.ticks_ms()
    try:
        action(*words)
        print("done")
    except (RoadLost, Untrusted) as error:
        print(type(error).__name__, error, "after", round(time.ticks_diff(time.ticks_ms(), before) / 1000), "s")
"""


@pytest.fixture
def said(site, tmp_path):
    """What a script prints with a road to a broker's port."""
    (tmp_path / "ca.der").write_bytes(site.ca.der)

    def run(script, port):
        words = {"port": port, "server_name": SERVER_NAME, "secret": site.secret.hex()}
        begin = BEGIN.format(settings=json.dumps({"io_timeout_s": 1}), **words)
        return micropython.run(begin + script, tmp_path).splitlines()

    return run


def test_packet_numbers_wrap_past_zero(said, broker):
    script = """
road.open()
for pid in (65534, 65535):
    road._client.pid = pid
    attempt(road.send, b"x")
    print(road._client.pid)
"""
    assert said(script, broker.port) == ["done", "65535", "done", "1"]


def test_a_message_comes_back_whole_over_a_real_broker(said, broker):
    script = """
road.open()
road._up = road._down
attempt(road.send, b"\\xa1" * 4096)
messages = []
while not messages:
    messages = road.receive()
print(len(messages), len(messages[0]), road.receive())
"""
    assert said(script, broker.port) == ["done", "1 4096 []"]


def test_a_wrong_password_is_told_by_the_brokers_number(said, broker, site):
    script = "road._client.pswd = 'wrong'\nattempt(road.open)"
    (line,) = said(script, broker.port)
    assert line.startswith("TurnedAway broker refused, code 5")
    assert mqtt_password(site.key) not in line


def test_a_closed_port_is_told_at_once(said):
    (line,) = said("attempt(road.open)", 9)
    assert line.startswith("RoadLost OSError") and line.endswith("after 0 s")


def test_a_lost_acknowledgement_of_a_packet_ends_the_road_and_the_board_lives_on(said, site, tmp_path):
    with FaultyBroker(tmp_path / "broker", site.leaf, [(0x10, CONNACK), (0x80, SUBACK)]) as faulty:
        lines = said("attempt(road.open)\nattempt(road.send, b'x')\nprint(len(breaths) > 50)", faulty.port)
    assert lines[0] == "done" and lines[1].startswith("RoadLost OSError") and lines[1].endswith("after 1 s")
    assert lines[2] == "True"


def test_a_packet_that_stops_in_the_middle_ends_the_road(said, site, tmp_path):
    half = SUBACK + b"\x32\x20\x00\x0ca01/ct"
    with FaultyBroker(tmp_path / "broker", site.leaf, [(0x10, CONNACK), (0x80, half)]) as faulty:
        script = "attempt(road.open)\nwhile not road._sockets.stream.readable(): pass\nattempt(road.receive)"
        lines = said(script, faulty.port)
    assert lines[1].startswith("RoadLost OSError") and lines[1].endswith("after 1 s")


def test_a_message_that_would_fill_the_memory_ends_the_road(said, site, tmp_path):
    huge = SUBACK + b"\x32\xff\xff\xff\x7f"
    with FaultyBroker(tmp_path / "broker", site.leaf, [(0x10, CONNACK), (0x80, huge)]) as faulty:
        script = "attempt(road.open)\nwhile not road._sockets.stream.readable(): pass\nattempt(road.receive)"
        lines = said(script, faulty.port)
    assert lines[1].startswith("RoadLost OSError message of 268435455 bytes")


def test_a_nonsense_answer_to_the_log_in_ends_the_road(said, site, tmp_path):
    with FaultyBroker(tmp_path / "broker", site.leaf, [(0x10, b"\xff\xff\xff\xff")]) as faulty:
        (line,) = said("attempt(road.open)", faulty.port)
    assert line.startswith("RoadLost AssertionError")
