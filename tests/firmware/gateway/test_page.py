"""The page beside the gateway: what it shows, to whom, and what it does not answer."""

import asyncio
import socket
import urllib.request

import pytest

from firmware.gateway.errors import GatewayError
from firmware.gateway.outbox import Outbox
from firmware.gateway.page import Page
from firmware.protocol.frame import Reading
from tests.fakes.mosquitto import free_port
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.fleet.doer import Doer


@pytest.fixture
def page(tmp_path):
    """A page over an outbox with a reading and a refusal of a name that is no name."""
    values = {"temperature_c": 21.56, "current_a": None, "humidity_pct": 0.0}
    reading = Reading("ct-01", 1_795_000_000_000, 5, values, 0, 1)
    outbox = Outbox(tmp_path, 1_795_000_000_000)
    outbox.put([reading], [], 1_795_000_000_000)
    outbox.report({('<b>"x\n', "seal_wrong"): 3}, 1_795_000_000_000)
    outbox.close()
    state = {"gateway_id": "gw-1", "clock_proved": True, "here": {"ct-01"}, "latest": {"ct-01": reading}}
    return Page({"state": str(tmp_path)}, lambda: state | {"said": {"ct-01": {"version": "0.1.0"}}})


def ask(page, path="/", host="127.0.0.1:8088", method="GET", more=""):
    """(status line, body) of an answer."""
    head, _, body = page.answer(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()).partition(
        b"\r\n\r\n"
    )
    assert b"default-src 'none'" in head
    return head.decode().split("\r\n")[0][9:], body.decode()


def test_it_shows_terminals_values_outbox_refusals_and_clock(page):
    status, body = ask(page)
    assert status == "200 OK"
    for text in ("Gateway gw-1", "proved", "ct-01", "temperature_c 21.56", "current_a invalid", "humidity_pct 0"):
        assert text in body
    assert "version 0.1.0" in body and "seal_wrong" in body and "<b>" not in body and "<script" not in body


@pytest.mark.parametrize("path,more", [("/?zh", ""), ("/", "Accept-Language: zh-CN,zh;q=0.9\r\n")])
def test_it_speaks_chinese(page, path, more):
    body = ask(page, path, more=more)[1]
    assert "物联网网关 gw-1" in body and 'lang="zh"' in body and "Clock" not in body


def test_its_figures_are_those_of_prometheus(page):
    status, body = ask(page, "/metrics")
    assert status == "200 OK" and "gantry_outbox_readings 1\n" in body and "gantry_clock_proved 1\n" in body
    assert 'gantry_refusals_total{interface="A01",source="<b>\\"x\\n",code="seal_wrong"} 3\n' in body


@pytest.mark.parametrize(
    "asked,status",
    [
        ({"host": "evil.example"}, "421 Misdirected Request"),
        ({"host": ""}, "421 Misdirected Request"),
        ({"method": "POST"}, "405 Method Not Allowed"),
        ({"path": "/../state/identity.json"}, "404 Not Found"),
    ],
)
def test_what_is_not_for_looking_is_not_answered(page, asked, status):
    assert ask(page, **asked)[0] == status


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_it_is_served_on_loopback_only(tmp_path, host):
    with pytest.raises(GatewayError, match="loopback only"):
        asyncio.run(Page({"page.host": host, "page.port": 1}, dict).run())


def test_the_gateway_serves_it_and_outlives_who_sends_garbage(tmp_path):
    port = free_port()
    with Platform(tmp_path / "platform") as platform:
        gateway = RunningGateway(tmp_path, platform, page__enabled=True, page__port=port)
        doer = Doer("ct-01", gateway.port, platform.ca_file, seed=1, cuts=0)
        platform.terminals["ct-01"] = doer.key
        with gateway, doer:
            doer.add(temperature_c=21.5)
            platform.wait_until(lambda: platform.readings)
            for garbage in (b"\x00" * 9000, b"GET", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
                with socket.create_connection(("127.0.0.1", port), 10) as visitor:
                    visitor.sendall(garbage)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/?en", timeout=10) as answer:
                body = answer.read().decode()
        assert "temperature_c 21.5" in body and doer.key.hex() not in body
        assert "Traceback" not in gateway.log() and "never retrieved" not in gateway.log(), gateway.log()
