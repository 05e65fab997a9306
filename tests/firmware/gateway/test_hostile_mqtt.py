"""Hostile peers at both brokers, one after the other: each ends alone, and terminal and gateway go on talking."""

import contextlib
import socket
import ssl
import struct

import pytest

from firmware.gateway.south.access import ALL_UP
from firmware.gateway.terminals import OWN_USER
from firmware.protocol.seal import mqtt_password
from tests.fakes.broker import KINDS, Client, key_of, wait_until


def text(raw):
    """A string of MQTT."""
    return struct.pack(">H", len(raw)) + raw


def packet(kind, body):
    """A packet of a kind with its flags, of any length."""
    length, said = len(body), b""
    while True:
        length, part = length >> 7, length & 0x7F
        said += bytes((part | (0x80 if length else 0),))
        if not length:
            return bytes((kind,)) + said + body


def log_in(user=b"ct-02", keep_alive=60):
    """A good log-in of a terminal."""
    head = text(b"MQTT") + b"\x04\xc2" + struct.pack(">H", keep_alive)
    return packet(0x10, head + text(user) + text(user) + text(mqtt_password(key_of(user.decode())).encode()))


WITHOUT_TLS = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: gw\r\n\r\n",
    "MQTT in plain": log_in(),
    "noise": bytes(range(256)) * 8,
    "a hello of TLS that lies about its length": b"\x16\x03\x01\xff\xff" + bytes(200),
    "nothing at all": b"",
}
BEFORE_LOG_IN = {
    "HTTP over TLS": b"GET / HTTP/1.1\r\n\r\n",
    "a publication first": packet(0x30, text(b"a01/ct-02/up") + b"x"),
    "a length without end": b"\x10\xff\xff\xff\xff\xff\xff",
    "a log-in of 200 MB": b"\x10\xff\xff\xff\x5f" + bytes(500),
    "a user name that is no text": packet(0x10, text(b"MQTT") + b"\x04\xc2\x00\x3c" + text(b"\xff\xfe") * 3),
    "lengths that lie": packet(0x10, text(b"MQTT") + b"\x04\xc2\x00\x3c" + b"\xff\xff" + b"ct"),
    "another protocol of MQTT": packet(0x10, text(b"MQIsdp") + b"\x03\xc2\x00\x3c" + text(b"ct-02") * 3),
}
AFTER_LOG_IN = {
    "a publication of 100 kB": packet(0x30, text(b"a01/ct-02/up") + bytes(100_000)),
    "a second log-in": log_in(),
    "a reserved kind": packet(0xF0, b""),
    "a quality of service that is none": packet(0x36, text(b"a01/ct-02/up") + b"\x00\x01x"),
    "a subscription to nothing": packet(0x82, b"\x00\x01"),
    "a topic that is no text": packet(0x30, text(b"a01/\xff\xfe/up") + b"x"),
    "a topic with a wildcard": packet(0x30, text(b"a01/+/up") + b"x"),
    "a topic longer than its packet": packet(0x30, b"\xff\xffa01"),
    "confirmations of nothing": packet(0x40, b"\x00\x07") * 500,
    "pings without end": packet(0xC0, b"") * 2000,
}


class Ground:
    """A broker with the gateway's client and a good terminal, who must notice nothing."""

    def __init__(self, broker, gateway, terminal):
        self.broker, self.gateway, self.terminal = broker, gateway, terminal
        self.context = ssl.create_default_context(cafile=broker.folder / "ca.pem")
        gateway.subscribe(ALL_UP)
        terminal.subscribe("a01/ct-01/down")

    def plain(self):
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.broker.port), timeout=30)

    def tls(self):
        """A connection over TLS."""
        return self.context.wrap_socket(self.plain(), server_hostname="127.0.0.1")

    def talks(self, case):
        """Both ways, unharmed."""
        for sender, topic, receiver in (
            (self.terminal, "a01/ct-01/up", self.gateway),
            (self.gateway, "a01/ct-01/down", self.terminal),
        ):
            sender.publish(topic, case.encode())
            heard = receiver.next(timeout_s=30)
            while heard[1] != case.encode():  # a hostile terminal may also say something that it may say
                assert heard[0] == "a01/ct-02/up", f"{case}: {heard}"
                heard = receiver.next(timeout_s=30)
        assert self.gateway.lost == self.terminal.lost == 0, case


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_hostile_peers_end_alone(tmp_path, kind):
    with (
        KINDS[kind](tmp_path, ["ct-01", "ct-02"]) as broker,
        Client(broker, OWN_USER) as gateway,
        Client(broker, "ct-01") as terminal,
        contextlib.ExitStack() as half_open,
    ):
        ground = Ground(broker, gateway, terminal)
        for case, said in WITHOUT_TLS.items():
            road = half_open.enter_context(ground.plain())
            with contextlib.suppress(OSError):
                road.sendall(said)
            ground.talks(case)
        for case, said in BEFORE_LOG_IN.items():
            with ground.tls() as road, contextlib.suppress(OSError):
                road.sendall(said)
                ground.talks(case)
                road.settimeout(0.2)
                assert not road.recv(4).startswith(b"\x20\x02\x00\x00"), f"{case}: it was admitted"
        for case, said in AFTER_LOG_IN.items():
            with ground.tls() as road, contextlib.suppress(OSError):
                for byte in log_in():  # one by one: a slow terminal is no hostile one
                    road.sendall(bytes((byte,)))
                assert road.recv(4) == b"\x20\x02\x00\x00", case
                road.sendall(said)
                ground.talks(case)
        if kind == "embedded":
            wait_until(lambda: broker.turned_away["tls_refused"] >= 3, f"not counted: {broker.turned_away}", 30)
        with Client(broker, "ct-02") as again:
            assert again.entered is True, "the terminal itself is welcome as ever"
