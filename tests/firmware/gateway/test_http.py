"""The HTTP road with real clients over TLS: who is let in, what goes up and comes down, and who cannot hold it."""

import asyncio
import base64
import socket
import ssl
import time
from contextlib import suppress

import pytest

from firmware.gateway import flood
from firmware.gateway.errors import GatewayError
from firmware.gateway.south import http as road
from firmware.gateway.south import http_peer
from firmware.gateway.terminals import OWN_USER
from tests.fakes.broker import OWN_PASSWORD, wait_until
from tests.fakes.http import RunningHttp, head

PATH = road.PATH.decode()


@pytest.fixture
def http(tmp_path):
    with RunningHttp(tmp_path) as running:
        yield running


def test_frames_go_up_and_what_they_bring_comes_down_in_the_answer(http):
    with http.client() as client:
        answer = client.post(PATH, content=b"\xa1\x00\xff")
        assert (answer.status_code, answer.content) == (200, b"to ct-01")
        assert answer.headers["content-type"] == "application/octet-stream"
    assert http.heard == [("ct-01", b"\xa1\x00\xff")] and not http.refused


def test_what_waits_comes_with_the_next_question_on_the_same_connection(http):
    with http.client() as client:
        assert client.post(PATH).content == b""
        http.do(lambda: http.road.send("ct-01", [b"one", b"two"]))
        http.do(lambda: http.road.send("ct-02", [b"not for ct-01"]))
        assert client.post(PATH).content == b"onetwo" and client.post(PATH).content == b""
    assert http.heard == []


def test_what_is_more_than_an_answer_holds_comes_with_the_one_after(http):
    http.do(lambda: http.road.send("ct-01", [bytes(4000)] * 3))
    with http.client() as client:
        assert [len(client.post(PATH).content) for _ in range(3)] == [8000, 4000, 0]


def test_frames_that_bring_nothing_are_answered_all_the_same(http, monkeypatch):
    monkeypatch.setattr(road, "ANSWER_S", 0.2)
    http.deaf = True
    with http.client() as client:
        answer = client.post(PATH, content=b"frames")
    assert (answer.status_code, answer.content) == (200, b"")


STRANGERS = (("ct-01", "wrong"), ("ct-01", ""), ("ct-09", None), (OWN_USER, OWN_PASSWORD), ("", ""))


@pytest.mark.parametrize("user,password", STRANGERS)
def test_nobody_enters_without_the_right_password(http, user, password):
    with http.client(user, password) as client:
        answer = client.post(PATH, content=b"frames")
    assert answer.status_code == 401 and answer.json()["code"] == "http_refused"
    assert http.refused == {user: 1} and http.heard == []


@pytest.mark.parametrize("said", [b"", b"Bearer x", b"Basic !!", b"Basic " + base64.b64encode(b"\xff\xfe")])
def test_an_authorization_that_does_not_read_is_an_anonymous_one(http, said):
    with http.raw() as peer:
        peer.sendall(b"POST " + road.PATH + b" HTTP/1.1\r\nHost: gw\r\nAuthorization: " + said + b"\r\n\r\n")
        assert peer.recv(100).startswith(b"HTTP/1.1 401 ")
    assert http.refused == {"": 1}


def test_a_body_is_not_read_before_the_password_is_right(http):
    """A stranger announces a body and sends none of it: the answer is there at once, and the connection is over."""
    with http.raw() as peer:
        peer.sendall(head().replace(b"Basic ", b"Basic AAAA").replace(b"Content-Length: 0", b"Content-Length: 8000"))
        said = peer.recv(1000)
        while part := peer.recv(1000):
            said += part
    assert said.startswith(b"HTTP/1.1 401 ") and b"Connection: close" in said


@pytest.mark.parametrize(
    "method,target,more,status",
    [
        ("GET", PATH, {}, 404),
        ("POST", "/", {}, 404),
        ("POST", "/a01/v1/frames/../../etc/passwd", {}, 404),
        ("POST", PATH, {"content": bytes(road.LONGEST + 1)}, 413),
        ("POST", PATH, {"content": iter([b"chunk"])}, 411),
    ],
)
def test_what_is_no_frames_of_bounded_length_is_refused_and_counted(http, method, target, more, status):
    with http.client() as client:
        assert client.request(method, target, **more).status_code == status
    assert http.refused == {"ct-01": 1} and http.heard == []


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01hello",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 5000 + b"\r\n\r\n",
    ],
)
def test_garbage_is_counted_and_harms_nobody(http, said):
    with http.client("ct-02") as neighbour, http.raw() as peer:
        peer.sendall(said)
        assert peer.recv(20).startswith(b"HTTP/1.1 4")
        assert neighbour.post(PATH, content=b"x").content == b"to ct-02"
    assert http.refused == {"": 1}


def test_a_terminal_of_which_too_much_waits_is_told_to_come_later(http):
    http.full = True
    with http.client() as client:
        assert client.post(PATH, content=b"frames").status_code == 429


def test_who_is_slow_is_cut_off_and_holds_nobody_up(http, monkeypatch):
    """Four ways to be slow: no word, half a head, half a body, and an answer that is not taken."""
    monkeypatch.setattr(road, "FIRST_S", 0.4)
    monkeypatch.setattr(http_peer, "TAKE_S", 0.4)
    peers = [http.raw() for _ in range(3)]
    peers[1].sendall(head()[:50])
    peers[2].sendall(head(length=100) + b"half")
    with http.client("ct-02") as neighbour:
        for _ in range(20):
            began = time.monotonic()
            assert neighbour.post(PATH, content=b"x").content == b"to ct-02"
            assert time.monotonic() - began < 0.3
    for peer in peers:
        with peer:
            assert peer.recv(1) == b"", "it was left open"


def test_a_terminal_that_comes_again_takes_its_own_place(http):
    with http.client() as old, http.client() as new, http.client("ct-02") as other:
        assert old.post(PATH).status_code == other.post(PATH).status_code == new.post(PATH).status_code == 200
        wait_until(lambda: http.do(lambda: http.road._open) == 2, "the old connection goes on")
        assert new.post(PATH, content=b"x").content == b"to ct-01"


def test_who_is_revoked_is_cut_off_and_its_neighbour_notices_nothing(http):
    with http.client() as revoked, http.raw() as stays:
        assert revoked.post(PATH).status_code == 200
        stays.sendall(head("ct-02"))
        assert stays.recv(1000).startswith(b"HTTP/1.1 200 ")
        http.assign("ct-02", "ct-03")
        http.do(http.road.rules_changed)
        wait_until(lambda: http.do(lambda: http.road._open) == 1, "a revoked terminal stays connected")
        assert revoked.post(PATH).status_code == 401
        stays.sendall(head("ct-02"))
        assert stays.recv(1000).startswith(b"HTTP/1.1 200 ")
        with http.client("ct-03") as added:
            assert added.post(PATH, content=b"x").content == b"to ct-03"


def test_one_address_cannot_take_all_connections_before_it_shows_a_password(http, monkeypatch):
    monkeypatch.setattr(flood, "STRANGERS_MOST", 3)
    with http.raw() as known:
        known.sendall(head())
        assert known.recv(1000).startswith(b"HTTP/1.1 200 ")
        silent = [http.raw() for _ in range(3)]
        with pytest.raises(OSError, match="."):
            http.raw()
        assert http.turned_away == {"flood_connections": 1}
        known.sendall(head())
        assert known.recv(1000).startswith(b"HTTP/1.1 200 ")
        silent.pop().close()
        wait_until(lambda: http.do(lambda: http.road._open) == 3, "the place is not free again")
        with http.client("ct-02") as late:
            assert late.post(PATH).status_code == 200
        for peer in silent:
            peer.close()


def test_no_more_connections_are_held_than_are_set(http):
    http.settings["http.connections_most"] = 1
    with http.raw() as first, http.raw() as second:
        assert second.recv(20).startswith(b"HTTP/1.1 503 ")
        first.sendall(head())
        assert first.recv(20).startswith(b"HTTP/1.1 200 ")


def test_tls_is_required_and_older_than_1_2_is_refused(http):
    with socket.create_connection(("127.0.0.1", http.port), timeout=8) as plain:
        plain.sendall(head())
        with suppress(ConnectionResetError):
            assert not plain.recv(8).startswith(b"HTTP"), "answered without TLS"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(http.ca_file)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", http.port)) as plain, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(plain, server_hostname="127.0.0.1")


def test_a_port_that_is_taken_stops_the_gateway_in_one_line(http):
    async def again():
        async with http.make():
            pass

    with pytest.raises(GatewayError, match=rf"port {http.port}: .*see http\.port"):
        asyncio.run(again())
