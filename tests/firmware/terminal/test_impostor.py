"""Who cannot prove to be the provisioned gateway gets no reading: judged by what its broker received in a minute."""

import socket
import time
from datetime import UTC, datetime

from firmware.protocol import frame
from firmware.protocol.seal import gateway_key
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.gateway import PeerGateway
from tests.firmware.terminal.conftest import GATEWAY, PASSWORD, SERVER_NAME, road

LOOKED_AT_S = 60
HURRIED = {"distrust_s": 2}  # so that it tries often; a minute of the default would hold a single attempt


def test_impostors_get_no_reading_in_a_minute(make_terminal, make_broker, site):
    foreign_ca = make_ca("Another CA")
    foreign, insider = make_broker(make_leaf(foreign_ca, (SERVER_NAME, "127.0.0.1"))), make_broker()
    wrong_key = gateway_key(b"\x01" * 32, GATEWAY)
    with (
        PeerGateway(GATEWAY, foreign.port, foreign_ca.pem, PASSWORD, site.key) as outsider,
        PeerGateway(GATEWAY, insider.port, site.ca.pem, PASSWORD, wrong_key) as liar,
    ):
        fooled = [make_terminal(road(broker), settings=HURRIED) for broker in (foreign, insider)]
        for terminal in fooled:
            terminal.start()
        time.sleep(LOOKED_AT_S)
    assert outsider.messages == []
    assert fooled[0].expect("link refused gw-1: certificate", times=5)
    assert len(liar.messages) >= 5
    assert {message[2] for message in liar.messages} == {frame.HELLO} and len(liar.messages) == len(liar.hellos)
    assert fooled[1].expect("link refused gw-1: proof_wrong", times=5)


def test_a_certificate_for_another_name_is_refused(make_terminal, make_broker, site):
    other = make_broker(make_leaf(site.ca, ("other.test",)))
    terminal = make_terminal(road(other))
    terminal.start()
    terminal.expect("link refused gw-1: certificate")


def test_a_certificate_that_is_over_is_refused(make_terminal, make_broker, site):
    over = make_broker(make_leaf(site.ca, (SERVER_NAME,), not_after=datetime(2021, 1, 1, tzinfo=UTC)))
    terminal = make_terminal(road(over))
    terminal.start()
    terminal.expect("link refused gw-1: certificate")


def test_a_broker_without_tls_gets_no_password(make_terminal, site):
    """A listener that records what a terminal says first: it is a TLS hello, never an MQTT log-in."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        terminal = make_terminal((GATEWAY, "127.0.0.1", port, SERVER_NAME), settings={"io_timeout_s": 1})
        terminal.start()
        listener.settimeout(15)
        connection, _address = listener.accept()
        with connection:
            connection.settimeout(5)
            first = connection.recv(1024)
            assert first[:2] == b"\x16\x03" and b"ct-01" not in first
            terminal.expect("link lost gw-1: OSError", 10)  # and a server that says nothing holds nobody up
