"""The real agent at a real gateway: its disks and connections end at the collector, each once, whatever is killed."""

import json
import os
import socket
import time

import pytest

from collector import readings
from firmware.protocol.channels import BY_NAME
from firmware.protocol.record import FIRST_N
from firmware.protocol.seal import gateway_key, mqtt_password
from tests.e2e.chain import Chain
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.gateway import PeerGateway
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.firmware.host.computer import Computer, write_identity
from tests.ports import free_port

SECRET = bytes(range(32))
PATIENCE_S = 90


def wait_until(holds, what):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.1)


def whole(numbers):
    """Whether the numbers of every boot run from 1 without a hole or a double."""
    boots = {}
    for boot_no, n in numbers:
        boots.setdefault(boot_no, []).append(n)
    return all(numbers == list(range(1, len(numbers) + 1)) for numbers in boots.values())


@pytest.mark.timeout(300)
def test_disks_and_flows_end_at_the_collector_each_once_over_kills_outage_and_full_disk(tmp_path):
    with Chain(tmp_path, ()) as chain, socket.create_server(("127.0.0.1", 0)) as modality:
        port, gateway_id = modality.getsockname()[1], "gw-imaging"
        collector = ("collector", "--data", tmp_path / "collector", "terminal")
        where = ("--gateway", gateway_id, "--host", "127.0.0.1", "--port", chain.site.broker_ports[gateway_id])
        chain.processes.call(*collector, "host", "ct-ws", *where, "--out", tmp_path / "ws")
        flows = {"ports": f"{port} dicom", "look_every_s": 0.2}
        with Computer(tmp_path / "ws", flows=flows) as computer:
            with socket.create_connection(modality.getsockname()):
                chain.wait_for_readings("ct-ws", 3)
                wait_until(lambda: chain.rows("SELECT 1 FROM record WHERE kind = 'flows'"), "a flow at the collector")
            computer.kill()
            chain.processes.kill(gateway_id)
            computer.start()
            wait_until(lambda: "lost gw-imaging" in computer.log(), "the outage is seen")
            computer.kill()
            computer.start()
            computer.fill_disk()
            computer.expect("takes nothing")
            chain.start_gateway(gateway_id)
            computer.fill_disk(False)
            computer.expect("the disk takes readings again")
            made = int(computer.say("status")[1].partition("waiting    ")[2].split()[0])
            wait_until(lambda: of_last_start(chain) > made, "everything at the collector")
            assert computer.end() == 0
            assert whole(chain.numbers("ct-ws"))
        check_stored(chain, port)


def of_last_start(chain):
    """How many readings of the agent's last start the collector holds; the oldest are sent first."""
    boots = [boot for boot, _n in chain.numbers("ct-ws")]
    return boots.count(max(boots)) if len(set(boots)) == 3 else 0


def check_stored(chain, port):
    """What the collector holds is what this computer's disks are."""
    percent = readings.values_of(chain.kept("ct-ws", "disk_used_pct"), BY_NAME["disk_used_pct"].id)
    assert len(percent) and all(0 < value < 100 for value in percent), percent
    records = chain.rows("SELECT seq, kind, body FROM record WHERE source_id = 'ct-ws'")
    assert len({seq for seq, _kind, _body in records}) == len(records) and all(seq & FIRST_N for seq, *_ in records)
    disks = json.loads(next(body for _seq, kind, body in records if kind == "disks"))["disks"]
    said = os.statvfs(next(iter(disks)))
    assert next(iter(disks.values()))["total_bytes"] == said.f_blocks * said.f_frsize
    flows = [(seq >> 24, one) for seq, kind, body in records if kind == "flows" for one in json.loads(body)["flows"]]
    assert {(one["address"], one["port"], one["protocol"]) for _boot, one in flows} == {("127.0.0.1", port, "dicom")}
    first_boot = min(boot for boot, _one in flows)
    assert sum(one["count"] for boot, one in flows if boot == first_boot and one["direction"] == "in") == 1


def test_an_agent_reaches_its_gateway_over_https_too(tmp_path):
    with Platform(tmp_path / "platform") as platform:
        platform.terminals["ct-ws"] = gateway_key(SECRET, platform.gateway_id)
        more = {"http__enabled": True, "http__host": "127.0.0.1", "http__port": free_port()}
        with RunningGateway(tmp_path, platform, **more) as gateway:
            road = (platform.gateway_id, "127.0.0.1", gateway.settings["http.port"], "127.0.0.1", "http")
            write_identity(tmp_path / "ws", "ct-ws", SECRET, [road], platform.ca.der)
            with Computer(tmp_path / "ws") as computer:
                platform.wait_until(lambda: len(platform.numbers("ct-ws")) > 3)
                computer.kill()
            numbers = platform.numbers("ct-ws")
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert [one["kind"] for one in platform.records if one["source_id"] == "ct-ws"] == ["disks"]


@pytest.mark.parametrize("road", ["mqtt", "http"])
def test_a_certificate_of_another_authority_gets_no_byte_of_ours(tmp_path, road):
    foreign = make_ca("Another CA")
    broker = Mosquitto(tmp_path / "broker", make_leaf(foreign, ("127.0.0.1",)), {})
    row = ("gw-1", "127.0.0.1", broker.port, "127.0.0.1", road)
    write_identity(tmp_path / "ws", "ct-ws", SECRET, [row], make_ca("Ours").der)
    with Computer(tmp_path / "ws") as computer:
        computer.expect("refused gw-1: certificate")
        computer.kill()
    broker.stop()
    assert "ct-ws" not in (tmp_path / "broker/log").read_text()


def test_a_gateway_with_the_wrong_key_hears_hellos_and_nothing_else(tmp_path):
    ca = make_ca("Ours")
    users = {"gateway": "peer", "ct-ws": mqtt_password(gateway_key(SECRET, "gw-1"))}
    broker = Mosquitto(tmp_path / "broker", make_leaf(ca, ("127.0.0.1",)), users)
    write_identity(tmp_path / "ws", "ct-ws", SECRET, [("gw-1", "127.0.0.1", broker.port, "127.0.0.1", "mqtt")], ca.der)
    wrong_key = gateway_key(b"\x01" * 32, "gw-1")
    peer = PeerGateway("gw-1", broker.port, ca.pem, "peer", wrong_key, "ct-ws")
    with peer as liar, Computer(tmp_path / "ws") as computer:
        computer.expect("refused gw-1: proof_wrong")
        wait_until(lambda: len(liar.messages) >= 4, "it tries again")
        assert len(liar.messages) == len(liar.hellos) and not liar.readings
    broker.stop()


@pytest.mark.parametrize(
    "text,said",
    [
        ('every_s = "often"', "every_s is 'often'; write a number above 0"),
        ("colour = 1", "there is no setting colour"),
        ('[flows]\nports = "dicom"', "flows.ports has 'dicom'; write a port and a name"),
        ("every_s", "is no TOML"),
    ],
)
def test_a_wrong_setting_is_one_line_that_says_what_to_do(tmp_path, text, said):
    computer = Computer(tmp_path)
    computer.config.write_text(text)
    status, line = computer.say("run")
    assert status == 1 and said in line and line.count("\n") == 1


def test_an_identity_that_is_missing_open_to_others_or_damaged_is_said_without_its_secret(tmp_path):
    computer = Computer(tmp_path)
    assert "identity.json cannot be read: No such file" in computer.say("run")[1]
    write_identity(tmp_path, "ct-ws", SECRET, [("gw-1", "127.0.0.1", 1, "127.0.0.1", "mqtt")], b"no certificate")
    path = tmp_path / "identity.json"
    assert "its CA ca.der is no certificate" in computer.say("run")[1]
    path.chmod(0o644)
    assert "may be read by others; run `chmod 600" in computer.say("run")[1]
    path.chmod(0o600)
    path.write_text(path.read_text().replace("ct-ws", "ct-wt"))
    status, line = computer.say("run")
    assert status == 1 and "is damaged: its check does not match" in line and SECRET.hex() not in line
