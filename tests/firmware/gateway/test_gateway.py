"""The whole gateway in a process of its own, between a real MQTT terminal and a look-alike collector."""

import random
import time

import paho.mqtt.client as paho
import pytest

from firmware.protocol.channels import OUT_OF_RANGE
from firmware.protocol.frame import seq_of
from firmware.protocol.seal import mqtt_password
from tests.fakes.platform import CREDENTIAL, Platform
from tests.firmware.gateway.home import RunningGateway
from tests.firmware.gateway.peer import BOOT_NO, Peer


@pytest.fixture
def platform(tmp_path):
    with Platform(tmp_path / "platform") as platform:
        yield platform


@pytest.fixture
def gateway(tmp_path, platform):
    running = RunningGateway(tmp_path, platform)
    yield running
    running.kill()
    assert "Traceback" not in running.log() and "never retrieved" not in running.log(), running.log()


def terminal(gateway, platform, terminal_id="ct-01"):
    """A terminal that is assigned to the gateway."""
    peer = Peer(terminal_id, gateway.port, platform.ca_file)
    platform.terminals[terminal_id] = peer.key
    return peer


def every_number(peer):
    return [seq_of(BOOT_NO, n) for n in range(1, peer.made + 1)]


def test_a_reading_reaches_the_collector_within_two_seconds_with_its_value(gateway, platform):
    peer = terminal(gateway, platform)
    gateway.start()
    with peer:
        peer.add(temperature_c=21.56, current_a=None)
        platform.wait_until(lambda: platform.readings)
        began = time.monotonic()
        peer.add(humidity_pct=140.0, voltage_v=0.0)
        platform.wait_until(lambda: len(platform.readings) == 2)
        assert time.monotonic() - began < 2
    first, second = platform.readings
    assert first["values"] == {"temperature_c": 2156, "current_a": None} and first["flags"] == 0
    assert second["values"] == {"humidity_pct": None, "voltage_v": 0} and second["flags"] == OUT_OF_RANGE
    assert abs(peer.told_ms - time.time() * 1000) < 20_000, "the time came with the proof"


def test_killed_again_and_again_with_the_collector_away_too_every_number_arrives(gateway, platform):
    one, other = terminal(gateway, platform), terminal(gateway, platform, "mri-01")
    gateway.start()
    with one, other:
        for life in range(4):
            for _ in range(40):
                one.add(), other.add()
                time.sleep(random.uniform(0, 0.01))
            if life == 1:
                platform.stop()
            if life == 3:
                platform.start()
            gateway.kill()
            gateway.start()
        one.wait_until_empty(), other.wait_until_empty()
        for peer in (one, other):
            wanted = every_number(peer)
            platform.wait_until(lambda peer=peer, wanted=wanted: platform.numbers(peer.terminal_id) == wanted)


def test_without_kills_every_number_arrives_exactly_once_over_an_outage(gateway, platform):
    peer = terminal(gateway, platform)
    gateway.start()
    with peer:
        for n in range(150):
            if n == 50:
                platform.stop_between()
            if n == 100:
                platform.start()
            peer.add()
            time.sleep(0.005)
        peer.wait_until_empty()
        platform.wait_until(lambda: len(platform.readings) >= 150)
        time.sleep(0.2)
    assert platform.numbers("ct-01") == every_number(peer) and platform.duplicates == 0


def test_started_while_the_collector_is_away_the_last_keys_serve(gateway, platform):
    peer = terminal(gateway, platform)
    gateway.start()
    with peer:
        peer.add()
        platform.wait_until(lambda: platform.readings)
        gateway.kill()
        platform.stop()
        gateway.start()
        peer.add()
        peer.wait_until_empty()
        platform.start()
        platform.wait_until(lambda: len(platform.readings) == 2)
    assert platform.numbers("ct-01") == every_number(peer)


def test_a_terminal_is_taken_and_revoked_while_it_runs(gateway, platform):
    one = terminal(gateway, platform)
    gateway.start()
    with one:
        one.add()
        one.wait_until_empty()
        with terminal(gateway, platform, "ct-02") as other:
            other.add()
            other.wait_until_empty()
            del platform.terminals["ct-02"]
            time.sleep(0.6)
            other.add()
            one.add()
            one.wait_until_empty()
            platform.wait_until(lambda: len(platform.numbers("ct-01")) == 2)
            platform.wait_until(
                lambda: any("broker_refused" in row["body"].get("ct-02", {}) for row in platform.records)
            )
            assert len(other.pending) == 1 and len(platform.numbers("ct-02")) == 1
        assert one.proofs == 1, "the neighbour noticed"


def test_refusals_reach_the_collector_as_records_with_numbers_of_their_own(gateway, platform):
    peer = terminal(gateway, platform)
    gateway.start()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "ct-01")
    client.username_pw_set("ct-01", mqtt_password(peer.key))
    client.tls_set(str(platform.ca_file))
    client.connect("127.0.0.1", gateway.port)
    client.loop_start()
    client.publish("a01/ct-01/up", b"no frame at all", 1).wait_for_publish(5)
    platform.wait_until(lambda: platform.records)
    client.publish("a01/ct-01/up", b"\xa1\x01\x04\x00\x04abcd", 1).wait_for_publish(5)
    platform.wait_until(lambda: len(platform.records) == 2)
    client.disconnect()
    client.loop_stop()
    bodies = [record["body"] for record in platform.records]
    assert bodies == [{"ct-01": {"frame_magic": 1}}, {"ct-01": {"session_missing": 1}}]
    numbers = [record["seq"] for record in platform.records]
    assert numbers[0] < numbers[1] and {record["source_id"] for record in platform.records} == {"gw-1"}


def test_it_ends_by_itself_when_asked_and_leaves_what_waits(gateway, platform):
    peer = terminal(gateway, platform)
    gateway.start()
    with peer:
        platform.wait_until(lambda: True)
        platform.stop()
        peer.add()
        peer.wait_until_empty()
        assert gateway.end() == 0
    status, said = gateway.say("status")
    assert status == 0 and "1 readings" in said and "gw-1" in said
    assert "ct-01" in gateway.say("terminals")[1]
    platform.start()
    gateway.start()
    platform.wait_until(lambda: platform.readings)


def test_no_secret_stands_in_the_log_or_in_what_commands_say(gateway, platform):
    peer = terminal(gateway, platform)
    gateway.start()
    with peer:
        peer.add()
        platform.wait_until(lambda: platform.readings)
    platform.revoked = True
    time.sleep(0.5)
    said = gateway.log() + gateway.say("status")[1] + gateway.say("terminals")[1]
    assert "credential_revoked" in said
    for secret in (CREDENTIAL, peer.key.hex(), mqtt_password(peer.key), peer.secret.hex()):
        assert secret not in said


def test_what_stops_it_is_one_line_with_what_to_do(gateway, platform, tmp_path):
    gateway.start()
    status, said = gateway.say("run")
    assert status == 1 and said.count("\n") == 1 and str(gateway.port) in said and "mqtt.port" in said
    gateway.kill()
    (tmp_path / "state/identity.json").unlink()
    status, said = gateway.say("run")
    assert status == 1 and said.count("\n") == 1 and "enrol" in said


def test_what_is_folded_covers_every_number_once_though_the_gateway_is_killed(tmp_path, platform):
    gateway = RunningGateway(tmp_path, platform, pipeline__windows=6, pipeline__heartbeat_s=1.0)
    peer = terminal(gateway, platform)
    began_ms = round(time.time() * 1000) // 900_000 * 900_000 - 900_000
    with gateway, peer:
        for life in range(3):
            for n in range(25):
                peer.add(began_ms + 10_000 * (25 * life + n), temperature_c=20.0)
            if life == 1:
                peer.wait_until_empty(60)
            gateway.kill()
            gateway.start()
        peer.wait_until_empty(60)
        wanted = every_number(peer)

        def covered():
            return sorted(n for one in platform.readings for n in range(one["from_seq"], one["seq"] + 1))

        platform.wait_until(lambda: covered() == wanted, 60)
        assert len(platform.readings) < 40, "most of 75 windows are folded by six"
    assert "Traceback" not in gateway.log()


def test_a_full_outbox_says_what_it_gave_up_northwards_and_beside_the_gateway(tmp_path, platform):
    gateway = RunningGateway(tmp_path, platform, outbox__readings_most=10)
    peer = terminal(gateway, platform)
    with gateway, peer:
        platform.wait_until(lambda: platform.lists)
        platform.stop()
        for _ in range(30):
            peer.add()
        peer.wait_until_empty(60)
        _, said = gateway.say("status")
        platform.start()
        wanted = every_number(peer)
        platform.wait_until(lambda: sorted(platform.numbers("ct-01") + _lost(platform)) == wanted, 60)
    assert "outbox     ct-01 outbox_full: " in said and "The outbox was full: " in said
    assert 10 <= len(_lost(platform)) <= 29 and {gap["reason"] for gap in platform.gaps} == {"outbox_full"}


def _lost(platform):
    return sorted({n for gap in platform.gaps for n in range(gap["from_seq"], gap["to_seq"] + 1)})
