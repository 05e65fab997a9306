"""The rules at the broker, the same on the embedded one and on mosquitto, with real clients over TLS."""

import socket
import ssl
import time
from contextlib import suppress

import pytest

from firmware.gateway.south.access import ALL_UP
from firmware.gateway.terminals import OWN_USER
from firmware.protocol.seal import mqtt_password
from tests.fakes.broker import KINDS, Client, RunningEmbedded, key_of, wait_until


@pytest.fixture(params=sorted(KINDS))
def broker(request, tmp_path):
    with KINDS[request.param](tmp_path, ["ct-01", "ct-02"]) as running:
        yield running


def counted(broker, user, times=1):
    wait_until(lambda: broker.refused[user] >= times, f"not counted for {user!r}: {broker.refused}")


def carried(sender, topic, receiver, payload):
    """Whether a message makes the way."""
    sender.publish(topic, payload)
    return receiver.next() == (topic, payload)


def test_a_terminal_and_the_gateway_talk_both_ways(broker):
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-01") as terminal:
        assert gateway.subscribe(ALL_UP) == 1 and terminal.subscribe("a01/ct-01/down") == 1
        assert carried(terminal, "a01/ct-01/up", gateway, b"\xa1\x00\xff")
        assert carried(gateway, "a01/ct-01/down", terminal, b"answer")
    assert not broker.refused


STRANGERS = ((None, None), ("ct-01", "wrong"), ("ct-01", ""), ("ct-09", None), (OWN_USER, "wrong"), ("", ""))


def test_nobody_enters_without_the_right_password(broker):
    for times, (user, password) in enumerate(STRANGERS, 1):
        with Client(broker, user, password) as client:
            assert client.entered is False
        wait_until(lambda times=times: sum(broker.refused.values()) == times, f"not counted: {broker.refused}")


def test_a_terminal_hears_nothing_that_is_not_its_own(broker):
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-01") as curious, Client(broker, "ct-02") as other:
        gateway.subscribe(ALL_UP)
        other.subscribe("a01/ct-02/down")
        for topic in ("a01/ct-02/down", "a01/+/down", "a01/ct-02/up", "a01/+/up", "#", "+/+/+"):
            curious.subscribe(topic)
        counted(broker, "ct-01", 6)
        curious.subscribe("a01/ct-01/down")
        assert carried(gateway, "a01/ct-02/down", other, b"for ct-02 only")
        assert carried(other, "a01/ct-02/up", gateway, b"from ct-02")
        assert carried(gateway, "a01/ct-01/down", curious, b"its own")
        assert curious.messages.empty()


def test_a_publication_elsewhere_goes_nowhere_and_is_counted(broker):
    """Mosquitto 2.0.11 cuts off who tries it while more of its bytes wait, so each try has a client of its own."""
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-02") as other:
        gateway.subscribe(ALL_UP)
        other.subscribe("a01/ct-02/down")
        for times, topic in enumerate(("a01/ct-02/up", "a01/ct-02/down", "a01/ct-01/down"), 1):
            with Client(broker, "ct-01") as forger:
                forger.publish(topic, b"forged")
                counted(broker, "ct-01", times)
        with Client(broker, "ct-01") as terminal:
            assert carried(terminal, "a01/ct-01/up", gateway, b"own")
        assert carried(gateway, "a01/ct-02/down", other, b"real")


def test_a_will_elsewhere_goes_nowhere(broker):
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-02") as other:
        gateway.subscribe(ALL_UP)
        with Client(broker, "ct-01", will="a01/ct-02/up") as terminal:
            if terminal.entered:
                terminal.vanish()
        time.sleep(0.2)
        assert carried(other, "a01/ct-02/up", gateway, b"real")


def test_nothing_is_retained_for_who_comes_later(broker):
    with Client(broker, "ct-01") as terminal:
        terminal.publish("a01/ct-01/up", b"old", retain=True)
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-01") as terminal:
        gateway.subscribe(ALL_UP)
        assert carried(terminal, "a01/ct-01/up", gateway, b"new")


def test_a_failed_log_in_under_a_name_leaves_its_owner_alone(broker):
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-01") as terminal:
        gateway.subscribe(ALL_UP)
        terminal.subscribe("a01/ct-01/down")
        for clean in (True, False):
            for user, client_id in (("ct-01", "ct-01"), ("x", "ct-01"), ("x", OWN_USER), (OWN_USER, OWN_USER)):
                with Client(broker, user, "wrong", client_id, clean=clean) as impostor:
                    assert impostor.entered is False
        assert carried(terminal, "a01/ct-01/up", gateway, b"still there")
        assert carried(gateway, "a01/ct-01/down", terminal, b"both")
        assert gateway.lost == terminal.lost == 0


def test_another_ones_client_id_takes_nothing_from_it(broker):
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-02") as other:
        gateway.subscribe(ALL_UP)
        other.subscribe("a01/ct-02/down")
        with Client(broker, "ct-01", client_id="ct-02"):
            assert carried(gateway, "a01/ct-02/down", other, b"still its own")
        assert other.lost == 0


def test_a_terminal_that_comes_again_takes_its_own_place(broker):
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-01") as old:
        gateway.subscribe(ALL_UP)
        old.subscribe("a01/ct-01/down")
        with Client(broker, "ct-01") as new:
            new.subscribe("a01/ct-01/down")
            wait_until(lambda: old.lost == 1, "the old connection goes on")
            assert carried(gateway, "a01/ct-01/down", new, b"to the new one")
            assert carried(new, "a01/ct-01/up", gateway, b"from the new one")


def test_rules_change_without_dropping_other_sessions(broker):
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-01") as stays, Client(broker, "ct-02") as revoked:
        gateway.subscribe(ALL_UP)
        stays.subscribe("a01/ct-01/down")
        broker.assign("ct-01", "ct-03")
        wait_until(lambda: revoked.lost == 1, "a revoked terminal stays connected")
        with Client(broker, "ct-03") as added, Client(broker, "ct-02") as again:
            assert added.entered is True and again.entered is False
            added.subscribe("a01/ct-03/down")
            assert carried(added, "a01/ct-03/up", gateway, b"new here")
            assert carried(gateway, "a01/ct-03/down", added, b"welcome")
        assert carried(stays, "a01/ct-01/up", gateway, b"still here")
        assert carried(gateway, "a01/ct-01/down", stays, b"good")
        assert gateway.lost == stays.lost == 0


def test_tls_is_required_and_older_than_1_2_is_refused(broker):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(broker.folder / "ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", broker.port)) as plain, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(plain, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", broker.port), timeout=8) as plain:
        plain.sendall(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ct")
        with suppress(ConnectionResetError):
            assert not plain.recv(4).startswith(b"\x20"), "answered without TLS"


def test_a_connection_that_sends_garbage_harms_nobody(broker):
    context = ssl.create_default_context(cafile=broker.folder / "ca.pem")
    with Client(broker, OWN_USER) as gateway, Client(broker, "ct-01") as terminal:
        gateway.subscribe(ALL_UP)
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff\x7f", b"\x10\x05\x00\x09MQ", b"\x10"):
            plain = socket.create_connection(("127.0.0.1", broker.port))
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as road:
                road.sendall(garbage)
        began = time.monotonic()
        assert carried(terminal, "a01/ct-01/up", gateway, b"still here")
        assert time.monotonic() - began < 2


def test_a_client_that_falls_silent_is_cut_off_and_one_that_pings_is_not(broker):
    context = ssl.create_default_context(cafile=broker.folder / "ca.pem")
    password = mqtt_password(key_of("ct-01")).encode()
    log_in = b"\x00\x04MQTT\x04\xc2\x00\x01" + b"\x00\x05ct-01" * 2 + b"\x00\x40" + password
    plain = socket.create_connection(("127.0.0.1", broker.port), timeout=8)
    with Client(broker, "ct-02") as other, context.wrap_socket(plain, server_hostname="127.0.0.1") as road:
        road.sendall(bytes((0x10, len(log_in))) + log_in)
        assert road.recv(4) == b"\x20\x02\x00\x00"
        for _ in range(4):
            time.sleep(0.5)
            road.sendall(b"\xc0\x00")
            assert road.recv(2) == b"\xd0\x00"
        with suppress(ConnectionResetError, ssl.SSLError):
            assert road.recv(1) == b""
        assert other.lost == 0


class Narrow(RunningEmbedded):
    """The embedded broker with room for two."""

    def settings(self):
        return {"mqtt.connections_most": 2}


def test_no_more_connections_are_held_than_are_set(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with Narrow(tmp_path, ["ct-01", "ct-02"]) as broker, Client(broker, OWN_USER) as gateway:
        context.load_verify_locations(broker.folder / "ca.pem")
        with Client(broker, "ct-01"):
            plain = socket.create_connection(("127.0.0.1", broker.port), timeout=8)
            with plain, pytest.raises(OSError, match="."):
                context.wrap_socket(plain, server_hostname="127.0.0.1")
            wait_until(lambda: broker.turned_away == {"flood_connections": 1}, f"not counted: {broker.turned_away}")
        wait_until(lambda: _enters(broker, "ct-02"), "the place of who has left is never free")
        assert gateway.lost == 0


def _enters(broker, user):
    try:
        with Client(broker, user) as one:
            return one.entered
    except OSError:  # turned away before its log-in
        return False
