"""A hospital in small for the terminal's tests: a CA, a broker with TLS, a gateway by protocol, a terminal."""

import os
from collections import namedtuple

import pytest

from firmware.protocol.seal import gateway_key, mqtt_password
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.gateway import PeerGateway
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.terminal import SimulatedTerminal

GATEWAY, SERVER_NAME, PASSWORD = "gw-1", "gw.test", "peer"

Site = namedtuple("Site", ("ca", "leaf", "secret", "key"))


@pytest.fixture(scope="session")
def site():
    """Authority, server certificate and the terminal's secret."""
    ca = make_ca("Gantry test CA")
    secret = os.urandom(32)
    return Site(ca, make_leaf(ca, (SERVER_NAME, "127.0.0.1")), secret, gateway_key(secret, GATEWAY))


@pytest.fixture
def make_broker(site, tmp_path):
    """Makes running brokers, each with the terminal and the gateway as users; ends them all."""
    brokers = []

    def make(leaf=site.leaf, key=site.key):
        users = {"gateway": PASSWORD, "ct-01": mqtt_password(key)}
        brokers.append(Mosquitto(tmp_path / f"broker{len(brokers)}", leaf, users))
        return brokers[-1]

    yield make
    for broker in brokers:
        broker.stop()


@pytest.fixture
def broker(make_broker):
    """One running broker."""
    return make_broker()


@pytest.fixture
def gateway(site, broker):
    """The terminal's gateway, by protocol, on that broker."""
    with PeerGateway(GATEWAY, broker.port, site.ca.pem, PASSWORD, site.key) as peer:
        yield peer


def road(broker, gateway_id=GATEWAY, server_name=SERVER_NAME):
    """A row of a terminal's list of gateways."""
    return (gateway_id, "127.0.0.1", broker.port, server_name)


@pytest.fixture
def make_terminal(site, tmp_path):
    """Makes terminals that are switched off; ends them all."""
    terminals = []

    def make(*roads, **options):
        folder = tmp_path / f"terminal{len(terminals)}"
        terminals.append(SimulatedTerminal(folder, site.secret, roads, site.ca.der, **options))
        return terminals[-1]

    yield make
    for terminal in terminals:
        terminal.kill()


@pytest.fixture
def terminal(make_terminal, broker, gateway):
    """A running terminal whose gateway answers."""
    made = make_terminal(road(broker))
    made.start()
    return made
