"""A mosquitto of the site's own as the gateway's broker: its files, its log, and the whole way through it."""

import base64
import subprocess

import pytest

from firmware.gateway.config import DEFAULTS
from firmware.gateway.errors import GatewayError
from firmware.gateway.identity import Identity
from firmware.gateway.south.mosquitto import Mosquitto, access_text, password_line
from firmware.gateway.south.mosquitto_log import refusal_in
from firmware.protocol.frame import seq_of
from tests.fakes.certificates import make_leaf
from tests.fakes.mosquitto import SiteMosquitto
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.firmware.gateway.peer import BOOT_NO, Peer
from tests.needs import require_program
from tests.ports import free_port

SERVER_NAME = "broker.hospital.example"


def test_a_password_line_is_what_mosquitto_itself_writes(tmp_path):
    path = tmp_path / "passwords"
    path.touch(mode=0o600)
    command = [require_program("mosquitto_passwd", "mosquitto"), "-b", str(path), "ct-01", "a password"]
    subprocess.run(command, check=True, capture_output=True)
    written = path.read_text()
    assert password_line("ct-01", "a password", base64.b64decode(written.split("$")[3])) == written


def test_the_access_file_gives_each_terminal_its_two_topics_and_us_the_rest():
    assert access_text(["ct-01", "gateway"]) == (
        "user gateway\ntopic read a01/+/up\ntopic write a01/+/down\n\n"
        "user ct-01\ntopic write a01/ct-01/up\ntopic read a01/ct-01/down\n"
    )


@pytest.mark.parametrize(
    "line,found",
    [
        ("1795472042: Client anon disconnected, not authorised.", ("anon", "log-in")),
        ("1795472043: Client <unknown> disconnected, not authorised.", ("", "log-in")),
        ("1795472046: Denied PUBLISH from ct-01 (d0, q1, r0, m6, 'x', ... (1 bytes))", ("ct-01", "publish elsewhere")),
        ("1795472046: ct-01 1 a01/+/up", ("ct-01", "subscribe a01/+/up")),
        ("1795472046: ct-01 1 a01/ct-01/down", None),
        ("1795472046: Received PUBLISH from ct-01 (d0, q1, r0, m5, 'a01/ct-01/up', ... (1 bytes))", None),
        ("", None),
    ],
)
def test_a_line_of_its_log_is_a_refusal_or_not(line, found):
    assert refusal_in(line, lambda user, topic: topic == f"a01/{user}/down") == found


@pytest.mark.parametrize("missing", ["mqtt.password_file", "mqtt.acl_file", "mqtt.pid_file"])
def test_a_file_that_is_not_named_stops_the_gateway(tmp_path, missing):
    named = {"mqtt.password_file": "p", "mqtt.acl_file": "a", "mqtt.pid_file": "i", missing: ""}
    with pytest.raises(GatewayError, match=missing):
        Mosquitto({**DEFAULTS, **named}, Identity("gw-1", "", tmp_path, tmp_path), None, None)


def test_readings_go_through_a_mosquitto_that_is_killed_on_the_way(tmp_path):
    with Platform(tmp_path / "platform") as platform:
        port = free_port()
        site = SiteMosquitto(tmp_path / "mosquitto", make_leaf(platform.ca, [SERVER_NAME]), port)
        gateway = RunningGateway(tmp_path, platform, **site.settings, mqtt__server_name=SERVER_NAME)
        peer = Peer("ct-01", port, platform.ca_file, server_name=SERVER_NAME)
        platform.terminals["ct-01"] = peer.key
        site.start()
        try:
            with gateway, peer:
                peer.add()
                platform.wait_until(lambda: platform.readings)
                site.kill()
                peer.add()
                site.start()
                peer.add()
                peer.wait_until_empty(timeout_s=6)
                platform.wait_until(lambda: len(platform.readings) == 3)
        finally:
            site.kill()
        assert platform.numbers("ct-01") == [seq_of(BOOT_NO, n) for n in (1, 2, 3)]
