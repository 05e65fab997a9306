"""What is replaced at a gateway with a mosquitto, which knows one password per user and reads its certificate from a
file: a terminal's secret, the gateway's certificate. All real processes."""

import base64
import socket
import ssl
import time
from pathlib import Path

import pytest

from collector import db, gateways
from collector.gateways.credentials import ask_renewal
from collector.gateways.models import Command, Terminal
from collector.gateways.secret import unwrap
from firmware.gateway.south.mosquitto import password_line
from firmware.protocol.identity import identity_in
from firmware.protocol.seal import gateway_key, mqtt_password
from tests.collector.site import kept_of
from tests.soak.ledger_site import GATEWAY, LOOPBACK, Site, SmallDisk

WITHIN_S = 90


def until(holds, what):
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Two terminals at work; the first runs from a signed image, as boards do."""
    folder = tmp_path_factory.mktemp("site")
    with SmallDisk(folder / "disk") as disk:
        site = Site(folder, disk, 2, 10_000)
        site.terminals[0].furnish()
        with site:
            db.open_database(site.data)
            try:
                for one in site.terminals:
                    one.expect("link proved", WITHIN_S)
                yield site
            finally:
                db.database.close()


@pytest.mark.timeout(300)
def test_a_terminal_whose_secret_is_replaced_comes_through_and_its_neighbour_notices_nothing(site):
    name, (terminal, neighbour) = site.ids[0], site.terminals
    old = unwrap(site.data, name, Terminal.get_by_id(name).wrapped_secret)
    number = gateways.rotate(site.data, name, "test", "for the test", 60, round(time.time() * 1000))
    kept = terminal.folder / "secret.json"
    until(lambda: kept.exists() and "old" not in identity_in(kept.read_text()), lambda: terminal.lines[-15:])
    until(lambda: Command.get_by_id(number).state == "done", lambda: Command.get_by_id(number).state)
    new = unwrap(site.data, name, Terminal.get_by_id(name).wrapped_secret)
    assert new != old and identity_in(kept.read_text())["new"] == new.hex()
    terminal.expect("link proved", WITHIN_S, times=3)  # with both, cut off by the change of passwords, with the new one
    assert sum("link refused" in line for line in terminal.lines) == 1, "the broker knew the old password still"
    newest = kept_of(name).seq.max()
    until(lambda: kept_of(name).seq.max() > newest, lambda: terminal.lines[-15:])
    assert not [line for line in neighbour.lines if "link lost" in line or "link refused" in line]
    assert [_lets_in(site, name, mqtt_password(gateway_key(one, GATEWAY))) for one in (old, new)] == [False, True]


def _lets_in(site, name, password):
    """Whether the broker's password file has this one for that user."""
    lines = Path(site.broker.settings["mqtt__password_file"]).read_text().splitlines(keepends=True)
    (line,) = [line for line in lines if line.startswith(name + ":")]
    return line == password_line(name, password, base64.b64decode(line.split("$")[3]))


@pytest.mark.timeout(300)
def test_the_broker_shows_the_gateways_renewed_certificate_and_no_session_ends_by_it(site):
    port, ca = site.broker.settings["mqtt__port"], gateways.ca_pem(site.data, gateways.A01).decode()
    lost = [sum("link l" in line for line in one.lines) for one in site.terminals]
    before = ssl.get_server_certificate((LOOPBACK, port))
    ask_renewal(GATEWAY)
    until(lambda: _shown(port) != before, lambda: site.gateway.log_file.read_text()[-2000:])
    context = ssl.create_default_context(cadata=ca)
    with (
        socket.create_connection((LOOPBACK, port)) as road,
        context.wrap_socket(road, server_hostname=LOOPBACK) as shown,
    ):
        own = (site.state / "gateway.pem").read_text()
        assert ssl.DER_cert_to_PEM_cert(shown.getpeercert(True)).strip() in own
    newest = [kept_of(name).seq.max() for name in site.ids]
    until(
        lambda: all(kept_of(name).seq.max() > seq for name, seq in zip(site.ids, newest, strict=True)), lambda: newest
    )
    assert [sum("link l" in line for line in one.lines) for one in site.terminals] == lost


def _shown(port):
    return ssl.get_server_certificate((LOOPBACK, port))
