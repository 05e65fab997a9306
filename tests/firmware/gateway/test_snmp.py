"""SNMP against net-snmp's own snmpd, version 3 and listed version 2c, and against peers that misbehave."""

import asyncio
import contextlib
import os
import subprocess
import time

import pytest

from firmware.gateway.errors import GatewayError
from firmware.gateway.south import snmp
from firmware.protocol.channels import SENSOR_FAILED
from tests.firmware.gateway.source_home import PLAIN, Basin, peer_of
from tests.needs import require_program
from tests.ports import free_port

SECRETS = 'auth_key = "auth-key-of-tests"\nprivacy_key = "privacy-key-of-tests"\ncommunity = "community-of-tests"\n'
CONFIG = """
agentaddress udp:127.0.0.1:{port}
createUser gantry SHA-256 "auth-key-of-tests" AES "privacy-key-of-tests"
rouser gantry priv
rocommunity community-of-tests 127.0.0.1
override 1.3.6.1.2.1.33.1.2.3.0 integer 42
override 1.3.6.1.2.1.33.1.2.4.0 integer 87
override 1.3.6.1.2.1.33.1.4.4.1.5.1 integer 31
override 1.3.6.1.2.1.33.1.3.3.1.3.1 integer 229
override 1.3.6.1.2.1.33.1.3.3.1.2.1 integer 499
"""
V3 = 'user = "gantry"\n'


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """The port of an snmpd."""
    program, folder, port = require_program("snmpd", "snmpd"), tmp_path_factory.mktemp("snmpd"), free_port()
    (folder / "snmpd.conf").write_text(CONFIG.format(port=port))
    files = ["-Lf", str(folder / "log"), "-c", str(folder / "snmpd.conf"), "-p", str(folder / "pid")]
    process = subprocess.Popen([program, "-f", "-C", *files], env={**os.environ, "SNMP_PERSISTENT_DIR": str(folder)})
    deadline = time.monotonic() + 20
    while "NET-SNMP" not in (folder / "log").read_text() if (folder / "log").exists() else True:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


def peer(tmp_path, port, how, secrets=SECRETS):
    path = tmp_path / "secrets.toml"
    path.write_text(secrets)
    path.chmod(0o600)
    head = f'[snmp.host-01]\naddress = "udp://127.0.0.1:{port}"\nsecret_file = "secrets.toml"\n'
    return peer_of(tmp_path, f"{head}every_s = 0.05\ntimeout_s = 0.3\n{how}")


def polled(one, readings=1):
    """The basin after so many readings of a peer."""

    async def scene():
        basin = Basin()
        snmp.check(one)
        running = asyncio.create_task(snmp.run(one, basin))
        try:
            await basin.until(lambda: len(basin.measured) >= readings)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
        return basin

    return asyncio.run(scene())


def test_a_hosts_disk_and_running_time_arrive_over_version_3(tmp_path, agent):
    basin = polled(peer(tmp_path, agent, V3 + 'disk = "/"\n'))
    _source_id, _ts_ms, values, flags = basin.measured[0]
    about = os.statvfs("/")
    assert flags == 0 and not basin.counts
    assert values["disk_size_gb"] == pytest.approx(about.f_blocks * about.f_frsize / 1e9, rel=0.05)
    used_pct = 100 * (about.f_blocks - about.f_bfree) / about.f_blocks
    assert values["disk_used_pct"] == pytest.approx(used_pct, abs=3)
    with open("/proc/uptime") as file:
        assert values["uptime_h"] == pytest.approx(float(file.read().split()[0]) / 3600, abs=0.2)


@pytest.mark.parametrize("how", [V3, PLAIN], ids=["version 3", "listed version 2c"])
def test_the_state_of_a_ups_arrives(tmp_path, agent, how):
    basin = polled(peer(tmp_path, agent, how + "ups = true\n"), readings=2)
    wanted = {"ups_runtime_min": 42, "ups_battery_pct": 87, "ups_load_pct": 31, "voltage_l1_v": 229}
    wanted["frequency_hz"] = 49.9
    for _source_id, _ts_ms, values, flags in basin.measured:
        assert values == pytest.approx(wanted) and flags == 0


def test_what_a_peer_does_not_have_is_bad_and_its_neighbours_are_not(tmp_path, agent):
    basin = polled(peer(tmp_path, agent, V3 + 'ups = true\ndisk = "/no such disk"\n'))
    _source_id, _ts_ms, values, flags = basin.measured[0]
    assert values["disk_used_pct"] is None and values["ups_battery_pct"] == 87 and values["uptime_h"] > 0
    assert flags == SENSOR_FAILED and basin.counts == {("host-01", "snmp_missing"): 1}


@pytest.mark.parametrize(
    "how,secrets",
    [
        (V3, SECRETS.replace("auth-key", "wrong-key")),
        (V3, SECRETS.replace("privacy-key-of", "wrong-key-of")),
        ('user = "nobody"\n', SECRETS),
        (PLAIN, SECRETS.replace("community-of", "wrong-of")),
    ],
    ids=["authentication", "privacy", "user", "community"],
)
def test_a_wrong_secret_gives_no_value_and_is_counted(tmp_path, agent, how, secrets):
    basin = polled(peer(tmp_path, agent, how + "ups = true\n", secrets))
    assert set(basin.measured[0][2].values()) == {None} and basin.measured[0][3] == SENSOR_FAILED
    assert set(basin.counts) == {("host-01", "snmp_silent")}


class Noise(asyncio.DatagramProtocol):
    """Answers whatever it is told to."""

    def __init__(self, said):
        self._said = said

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, address):
        for piece in self._said(data):
            self._transport.sendto(piece, address)


MISBEHAVIOUR = {
    "silence": lambda asked: [],
    "noise": lambda asked: [os.urandom(400)] * 3,
    "the question itself": lambda asked: [asked],
    "a flood": lambda asked: [b"\x30\x84\x7f\xff\xff\xff" + bytes(9000)] * 50,
    "an answer that ends early": lambda asked: [asked[:20]],
}


@pytest.mark.parametrize("said", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_a_peer_that_misbehaves_gives_no_value_and_is_asked_again(tmp_path, said):
    async def scene():
        basin, loop = Basin(), asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Noise(said), ("127.0.0.1", 0))
        one = peer(tmp_path, transport.get_extra_info("sockname")[1], PLAIN + "ups = true\n")
        running = asyncio.create_task(snmp.run(one, basin))
        await basin.until(lambda: len(basin.measured) >= 2)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        transport.close()
        return basin

    basin = asyncio.run(scene())
    assert all(set(row[2].values()) == {None} and row[3] == SENSOR_FAILED for row in basin.measured)
    assert basin.counts["host-01", "snmp_silent"] >= 2


@pytest.mark.parametrize(
    "how,secrets,said",
    [
        (V3, "auth_key = 'short'\n", "lacks auth_key"),
        (V3, "auth_key = 'long enough'\n", "lacks privacy_key"),
        (PLAIN, "auth_key = 'long enough'\n", "lacks community"),
        (V3 + 'auth = "MD5"\n', SECRETS, "auth is 'MD5'"),
        (V3, "auth_key = not toml secret", "is no TOML"),
        (V3 + 'disk = ""\n', SECRETS, "is asked for nothing"),
    ],
)
def test_secrets_that_cannot_serve_are_refused_without_being_said(tmp_path, how, secrets, said):
    with pytest.raises(GatewayError, match=said) as found:
        snmp.check(peer(tmp_path, 161, how if "disk" in how else how + 'disk = "/"\n', secrets))
    assert "long enough" not in str(found.value) and 'secret"' not in str(found.value)


def test_a_secret_file_that_others_can_read_is_refused(tmp_path):
    one = peer(tmp_path, 161, V3 + 'disk = "/"\n')
    (tmp_path / "secrets.toml").chmod(0o644)
    with pytest.raises(GatewayError, match="chmod 600"):
        snmp.check(one)


def test_version_2c_is_off_until_it_is_listed_as_plain(tmp_path):
    with pytest.raises(GatewayError, match="speaks without encryption"):
        peer(tmp_path, 161, "ups = true\n")
    with pytest.raises(GatewayError, match="remove plain or user"):
        peer(tmp_path, 161, V3 + PLAIN)
