"""A gateway's credential and certificate replaced at the real collector, cut at every step, asked for and revoked."""

import asyncio
import sqlite3
import ssl
from contextlib import asynccontextmanager

import pytest
from cryptography import x509

from collector import gateways
from collector.gateways import certificates
from collector.gateways.credentials import ask_renewal
from firmware.gateway import identity
from firmware.gateway.a02 import Collector, CollectorRefused
from firmware.gateway.identity import Credential, credential_of, read_identity
from firmware.gateway.renewal import Renewal
from firmware.gateway.south.handshake import secure, server_context
from tests.collector.browser import serving
from tests.collector.site import Site, build, now_ms
from tests.fakes.certificates import make_ca, make_leaf
from tests.firmware.gateway.test_reached import Gateway


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collector") / "data"
    credentials = build(folder)
    certificates.issue_server(folder, ["127.0.0.1"], 5, now_ms())
    (folder / "collector.toml").write_text("client_certificate = true\n")
    return Site(folder, credentials)


@pytest.fixture(scope="module")
def address(site):
    with serving(site.data_dir) as (_process, address):
        yield address


@pytest.fixture
def gateway(tmp_path, site, address):
    return Gateway(tmp_path, site, address).enrol()


class Renewed:
    """One start of a gateway: it shows what its disk says, and follows what the collector asks."""

    def __init__(self, gateway):
        self.gateway, self.own = gateway, read_identity(gateway.settings["state"])

    @asynccontextmanager
    async def started(self):
        async with Collector(self.gateway.settings, credential_of(self.own)) as collector:
            self.collector, self.renewal = collector, Renewal(self.gateway.settings, self.own, collector)
            yield self

    async def turn(self):
        """One look for its terminals, as the gateway takes it."""
        try:
            await self.renewal.follow(await self.collector.terminals())
        except CollectorRefused as error:
            if not await self.renewal.refused(error):
                raise


def run(gateway, *steps):
    """Start a gateway and take `turn`s; stops dead after the last."""

    async def scene():
        async with Renewed(gateway).started() as renewed:
            for step in steps:
                await step(renewed)

    asyncio.run(scene())


def asked(gateway, credential):
    """What the collector says to a credential: 200, or the code of its refusal."""

    async def scene():
        async with Collector(gateway.settings, credential) as collector:
            try:
                await collector.terminals()
                return 200
            except CollectorRefused as error:
                assert error.status == 401
                return error.code

    return asyncio.run(scene())


def ask(gateway):
    with gateway.site.app.app_context():
        ask_renewal(gateway.name)


def copied(gateway, name):
    """A Credential of the disk as it is now, to be shown when the gateway has gone on."""
    own, kept = read_identity(gateway.settings["state"]), gateway.folder / f"{name}.pem"
    kept.write_bytes(own.certificate.read_bytes())
    return Credential(own.credential, kept)


def test_a_new_credential_ends_the_old_one_when_it_is_used_and_not_before(gateway):
    old = copied(gateway, "old")
    names = x509.load_pem_x509_certificates(old.certificate.read_bytes())[0].extensions
    ask(gateway)
    run(gateway, Renewed.turn)
    following = read_identity(gateway.settings["state"]).following
    assert following.secret != old.secret and asked(gateway, old) == 200
    run(gateway, Renewed.turn)
    own = read_identity(gateway.settings["state"])
    assert (own.credential, own.following) == (following.secret, None)
    assert not (own.certificate.parent / identity.NEXT_PEM).exists()
    assert asked(gateway, old) == "credential_wrong" and asked(gateway, credential_of(own)) == 200
    fresh = x509.load_pem_x509_certificates(own.certificate.read_bytes())[0].extensions
    san = x509.SubjectAlternativeName
    assert fresh.get_extension_for_class(san).value == names.get_extension_for_class(san).value
    run(gateway, Renewed.turn, Renewed.turn)
    assert read_identity(gateway.settings["state"]) == own, "it was asked for once"


def test_in_one_life_a_gateway_fetches_uses_and_settles(gateway):
    old = copied(gateway, "old")
    ask(gateway)
    run(gateway, Renewed.turn, Renewed.turn, Renewed.turn)
    assert read_identity(gateway.settings["state"]).following is None and asked(gateway, old) == "credential_wrong"


def test_a_cut_between_use_and_settling_and_in_its_middle_costs_nothing(gateway):
    ask(gateway)
    run(gateway, Renewed.turn)
    following = read_identity(gateway.settings["state"]).following
    assert asked(gateway, following) == 200  # used, and then the power went
    own = read_identity(gateway.settings["state"])
    own.certificate.write_bytes(following.certificate.read_bytes())  # half of the settling was done
    run(gateway, Renewed.turn)
    settled = read_identity(gateway.settings["state"])
    assert (settled.credential, settled.following) == (following.secret, None)
    assert asked(gateway, credential_of(settled)) == 200


def test_an_answer_that_was_lost_is_asked_for_again(gateway):
    ask(gateway)

    async def lose(renewed):
        from firmware.gateway.enrolment import make_renewal

        await renewed.collector.renew(make_renewal(renewed.own.certificate)[1])

    run(gateway, lose, Renewed.turn, Renewed.turn)
    assert asked(gateway, credential_of(read_identity(gateway.settings["state"]))) == 200


def test_a_new_credential_that_the_collector_forgot_leaves_the_old_one(gateway):
    ask(gateway)
    run(gateway, Renewed.turn)
    with sqlite3.connect(gateway.site.data_dir / "collector.db") as database:  # a backup was restored
        database.execute("UPDATE gateway SET next_sha256 = NULL, renew = 0 WHERE gateway_id = ?", (gateway.name,))
    run(gateway, Renewed.turn, Renewed.turn)
    own = read_identity(gateway.settings["state"])
    assert own.following is None and asked(gateway, credential_of(own)) == 200


def test_a_revoked_gateway_gets_no_new_credential(gateway):
    ask(gateway)
    run(gateway, Renewed.turn)
    own = read_identity(gateway.settings["state"])
    with gateway.site.app.app_context():
        gateways.revoke_gateway(gateway.name, now_ms())
    assert asked(gateway, own.following) == asked(gateway, Credential(own.credential, own.certificate))
    assert asked(gateway, own.following) == "credential_revoked"


def test_a_credential_counts_only_beside_its_own_certificate(tmp_path, site, address, gateway):
    other = Gateway(tmp_path / "other", site, address).enrol()
    mine, theirs = credential_of(gateway.identity), credential_of(other.identity)
    assert asked(gateway, mine) == asked(gateway, theirs) == 200
    for secret, certificate in ((mine.secret, theirs.certificate), (mine.secret, None)):
        assert asked(gateway, Credential(secret, certificate)) == "certificate_wrong"


def test_listeners_show_a_renewed_certificate_to_whoever_comes_next(tmp_path):
    ca, file = make_ca("site"), tmp_path / "gateway.pem"
    first, second = (make_leaf(ca, ["127.0.0.1"]) for _ in range(2))

    def put(leaf):
        fresh = tmp_path / "new"
        fresh.write_bytes(leaf.key_pem + leaf.pem)
        fresh.replace(file)

    async def scene():
        put(first)
        context = server_context(file)

        async def serve(reader, writer):
            await secure(writer, context, 10)
            writer.write(await reader.readline())

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        trust = ssl.create_default_context(cadata=ca.pem.decode())

        async def connect():
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
            return reader, writer, writer.get_extra_info("ssl_object").getpeercert(binary_form=True)

        reader, writer, shown = await connect()
        assert shown == first.der
        put(second)
        _reader, _writer, shown = await connect()
        assert shown == second.der
        writer.write(b"still here\n")
        assert await reader.readline() == b"still here\n"
        file.write_text("damaged")
        assert (await connect())[2] == second.der
        server.close()

    asyncio.run(scene())
