"""The page beside the gateway: what it shows, to whom, and what it does not answer."""

import base64
import os
import pty
import re
import socket
import ssl
import subprocess
import time
import urllib.request

import pytest

from firmware.gateway import live, page_password
from firmware.gateway.config import DEFAULTS
from firmware.gateway.errors import GatewayError
from firmware.gateway.identity import keep_identity
from firmware.gateway.outbox import Outbox
from firmware.gateway.page import Page
from firmware.gateway.page_password import FREE, Guard
from firmware.gateway.page_words import NEEDS, WORDS
from firmware.gateway.terminals import KeyTable
from firmware.protocol.frame import Reading
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import ROOT, RunningGateway
from tests.fleet.doer import Doer
from tests.ports import free_port

NOW_MS = round(time.time() * 1000)
VALUES = {"temperature_c": 21.56, "current_a": None, "humidity_pct": 0.0}
SOURCES = """
[modbus.chiller-01]
address = "tcp://127.0.0.1:502"
map = "chiller.toml"
plain = true
title = "Chiller"
interface = "eth1"
reason = "no TLS"
"""


def furnished(folder, host="127.0.0.1"):
    """(settings, live) of a gateway with a reading, a refusal of a name that is no name, and a plain peer."""
    leaf = make_leaf(make_ca("site"), ["127.0.0.1"])
    granted = {"gateway_id": "gw-1", "credential": "c", "certificate": leaf.pem.decode(), "ca": ""}
    keep_identity(folder, granted, leaf.key_pem)
    KeyTable(folder, "gw-1").take([{"terminal_id": name, "key": "00" * 32} for name in ("ct-01", "ct-02")])
    outbox = Outbox(folder, NOW_MS)
    outbox.put([Reading("ct-01", NOW_MS, 5, VALUES, 0, 1)], [], NOW_MS)
    outbox.report({('<b>"x\n', "seal_wrong"): 3}, NOW_MS)
    outbox.close()
    (folder / "sources.toml").write_text(SOURCES)
    settings = {**DEFAULTS, "state": str(folder), "sources.file": str(folder / "sources.toml"), "page.host": host}
    latest = {"ct-01": {"ts_ms": NOW_MS, "values": VALUES}}
    seen = {"clock_proved": True, "silent_s": 0, "here": ["ct-01"], "latest": latest, "kept_out": {"bad": 42}}
    return settings, seen


def page_of(folder, host="127.0.0.1"):
    """The page of such a gateway."""
    settings, seen = furnished(folder, host)
    return Page(settings, lambda: seen, folder / "gateway.pem")


@pytest.fixture
def page(tmp_path):
    return page_of(tmp_path)


def ask(page, path="/", host="127.0.0.1:8088", method="GET", more="", address="127.0.0.1"):
    """(status line, body) of an answer."""
    said = page.answer(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode(), address)
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"default-src 'none'; style-src 'self';" in head and b"unsafe" not in head
    return head.decode().split("\r\n")[0][9:], body.decode()


def test_it_shows_terminals_values_outbox_refusals_and_clock(page):
    status, body = ask(page)
    text = " ".join(re.sub(r"<[^>]+>", " ", body).split())
    assert status == "200 OK"
    for said in (
        "Gateway gw-1",
        "Clock proved",
        "1 readings",
        "ct-01 here",
        "ct-02 not here",
    ):
        assert said in text
    for said in ("temperature_c 21.56 °C", "current_a invalid", "humidity_pct 0", "chiller-01 asked by the gateway"):
        assert said in text
    assert "seal_wrong" in body and "<b>" not in body and "<script" not in body and "style=" not in body


def test_what_needs_a_person_stands_first_and_worst_first(page):
    body = ask(page)[1]
    needs = re.findall(r"<li>(.*?)</li>", body)
    wanted = ("bad floods and is kept out for 42 s", "ct-01 current_a: measured and bad", "ct-02 was never heard")
    places = [next(n for n, need in enumerate(needs) if one in need) for one in (*wanted, "chiller-01 speaks without")]
    assert places == sorted(places) and body.index("<li>") < body.index("<article")
    assert "Nothing needs you" not in body


def test_the_collector_is_silent_when_it_takes_nothing_and_not_because_what_waits_is_old(tmp_path):
    settings, seen = furnished(tmp_path)
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put([Reading("ct-01", NOW_MS - 86_400_000, 6, VALUES, 0, 1)], [], NOW_MS)  # back-fill under way
    outbox.close()
    page = Page(settings, lambda: seen, tmp_path / "gateway.pem")
    assert "the collector takes nothing" not in ask(page)[1]
    seen["silent_s"] = 900.4
    assert "For 15 minutes the collector takes nothing, 2 readings wait" in ask(page)[1]
    assert "监测管理平台 15 分钟未接收" in ask(page, "/?zh")[1]
    assert "gantry_collector_silent_seconds 900.4\n" in ask(page, "/metrics")[1]


@pytest.mark.parametrize("path,more", [("/?zh", ""), ("/", "Accept-Language: zh-CN,zh;q=0.9\r\n")])
def test_it_speaks_chinese(page, path, more):
    body = ask(page, path, more=more)[1]
    assert "物联网网关 gw-1" in body and 'lang="zh"' in body and "需要处理" in body
    assert not re.search(r"Clock|Waiting|Needs|Values", body)


def test_every_word_stands_in_both_languages():
    for english, chinese in (*WORDS.values(), *NEEDS.values()):
        assert english and chinese and re.findall(r"{\w*}", english).sort() == re.findall(r"{\w*}", chinese).sort()


def test_its_figures_have_help_type_and_unit_as_prometheus_wants_them(page):
    status, body = ask(page, "/metrics")
    assert status == "200 OK" and "gantry_outbox_readings 1\n" in body and "gantry_clock_proved 1\n" in body
    assert 'gantry_refusals_total{interface="A01",source="<b>\\"x\\n",code="seal_wrong"} 3\n' in body
    assert 'gantry_terminal_here{terminal="ct-02"} 0\n' in body and 'gantry_kept_out_seconds{peer="bad"} 42\n' in body
    sample = re.compile(r'(gantry_\w+)(?:{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+})? [-+0-9.e]+')
    known = {}
    for line in body.splitlines():
        if line.startswith("# "):
            _hash, word, name, _rest = line.split(" ", 3)
            known.setdefault(name, []).append(word)
        else:
            assert list(known)[-1] == sample.fullmatch(line)[1], line
    assert all(words == ["HELP", "TYPE"] for words in known.values())


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
def test_without_a_password_it_is_served_on_loopback_only(tmp_path, host):
    with pytest.raises(GatewayError, match="no password is set; run: python -m firmware.gateway password"):
        page_of(tmp_path, host)


def basic(password):
    return f"Authorization: Basic {base64.b64encode(f'x:{password}'.encode()).decode()}\r\n"


def test_beyond_loopback_it_asks_for_the_password_whatever_is_asked_for(tmp_path):
    page_password.keep(tmp_path, "correct horse")
    page = page_of(tmp_path, "0.0.0.0")
    for path in ("/", "/metrics", "/style.css", "/nothing"):
        assert ask(page, path)[0] == ask(page, path, more="Authorization: Basic !!\r\n", address=path)[0]
        assert ask(page, path)[0] == "401 Unauthorized"
    assert ask(page, more=basic("correct horse"))[0] == ask(page, more=basic("correct horse"))[0] == "200 OK"
    assert b"correct horse" not in b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    page_password.keep(tmp_path, "another horse")
    assert ask(page, more=basic("correct horse"))[0] == "401 Unauthorized", "a new password counts at once"


def test_who_guesses_waits_longer_each_time_and_others_do_not(tmp_path):
    page_password.keep(tmp_path, "correct horse")
    now = [0.0]
    guard = Guard(tmp_path, lambda: now[0])
    good, bad = (basic(word).partition(": ")[2].strip() for word in ("correct horse", "wrong"))
    assert [guard.judge(bad, "10.0.0.9") for _ in range(FREE + 1)] == ["unknown"] * FREE + ["too many"]
    assert guard.judge(good, "10.0.0.9") == "too many" and guard.judge(good, "10.0.0.8") == "admitted"
    for wait_s in (1, 2, 4, 8):
        now[0] += wait_s
        assert guard.judge(bad, "10.0.0.9") == "unknown" and guard.judge(good, "10.0.0.9") == "too many"
    now[0] += 16
    assert guard.judge(good, "10.0.0.9") == "admitted"


def test_a_short_password_is_refused_and_a_damaged_file_is_said(tmp_path):
    with pytest.raises(GatewayError, match="11 characters; take at least 12"):
        page_password.keep(tmp_path, "x" * 11)
    (tmp_path / page_password.FILE).write_text("{}")
    with pytest.raises(GatewayError, match="is damaged"):
        Guard(tmp_path)


def typed(command, *lines):
    """(exit status, what was said) of a command at a terminal into which lines are typed when it asks."""
    child, ours = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(command[0], command)
    said = b""
    for line in lines:
        while not said.rstrip().endswith(b":"):
            said += os.read(ours, 1000)
        os.write(ours, line.encode() + b"\n")
        said += b"|"
    try:
        while part := os.read(ours, 1000):
            said += part
    except OSError:  # the terminal is gone: it has ended
        pass
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.decode()


def test_the_gateway_serves_it_over_tls_to_who_knows_the_password_that_was_typed(tmp_path):
    port = free_port()
    with Platform(tmp_path / "platform") as platform:
        gateway = RunningGateway(tmp_path, platform, page__enabled=True, page__port=port, page__host="0.0.0.0")
        status, said = gateway.say("run")
        assert status == 1 and said.count("\n") == 1 and "firmware.gateway password" in said
        piped = subprocess.run(gateway.command("password"), cwd=ROOT, input=b"correct horse\n" * 2, capture_output=True)
        assert piped.returncode == 1 and b"typed at a terminal" in piped.stderr
        status, said = typed(gateway.command("password"), "correct horse", "correct horse")
        assert status == 0 and "is set" in said and "correct horse" not in said
        doer = Doer("ct-01", gateway.port, platform.ca_file, seed=1, cuts=0)
        platform.terminals["ct-01"] = doer.key
        with gateway, doer:
            doer.add(temperature_c=21.5)
            platform.wait_until(lambda: platform.readings)
            for garbage in (b"\x00" * 9000, b"GET", b"GET / HTTP/1.1\r\nHost: gw\r\n\r\n"):
                with socket.create_connection(("127.0.0.1", port), 10) as visitor:
                    visitor.sendall(garbage)
            asked = urllib.request.Request(f"https://127.0.0.1:{port}/?en")
            asked.add_header("Authorization", basic("correct horse").partition(": ")[2].strip())
            trust = ssl.create_default_context(cafile=platform.ca_file)
            with urllib.request.urlopen(asked, timeout=30, context=trust) as answer:
                body = answer.read().decode()
            said = gateway.say("status")[1]
            assert "here" in live.ask(tmp_path / "state") and live.ask(tmp_path) is None
        assert ">21.5 °C<" in body and doer.key.hex() not in body
        assert "terminal   ct-01 here, heard" in said and "temperature_c 21.5" in said and "clock      proved" in said
        assert "not running" in gateway.say("status")[1]
        assert "Traceback" not in gateway.log() and "never retrieved" not in gateway.log(), gateway.log()
