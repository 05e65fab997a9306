"""Uploads to the real collector in its own process: straight, through a real proxy, behind one, at a second address."""

import asyncio
import re

import pytest

from collector import gateways
from collector.gateways import certificates
from firmware.gateway import enrolment
from firmware.gateway.a02 import Collector
from firmware.gateway.config import DEFAULTS
from firmware.gateway.errors import GatewayError
from firmware.gateway.identity import read_identity
from firmware.gateway.outbox import look
from firmware.protocol.frame import seq_of
from tests.collector.browser import serving
from tests.collector.site import Site, build, now_ms, readings_of
from tests.fakes.proxies import Nginx, Tinyproxy
from tests.fakes.wire import Relay
from tests.firmware.gateway.home import QUICK
from tests.firmware.gateway.uploads import Uploads, reading, until, waiting

USER, PASSWORD = "gateway", "of-this-site"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(folder, credentials) of a collector with a certificate for this machine."""
    folder = tmp_path_factory.mktemp("collector") / "data"
    credentials = build(folder)
    certificates.issue_server(folder, ["127.0.0.1"], 5, now_ms())
    return Site(folder, credentials)


def port_of(address):
    return int(address.rsplit(":", 1)[1])


class Gateway:
    """A gateway that enrols at a running collector, and what of its readings that collector holds."""

    number = 0

    def __init__(self, folder, site, url, **settings):
        Gateway.number += 1
        self.site, self.folder, self.name = site, folder, f"gw-{Gateway.number + 10}"
        self.terminal_id = f"ct-{Gateway.number + 10}"
        given = {name.replace("__", "."): value for name, value in settings.items()}
        common = {
            "state": str(folder / "state"),
            "collector.url": url,
            "collector.ca": str(site.data_dir / "ca/a02.crt"),
        }
        self.settings = {**DEFAULTS, **QUICK, **common, **given}

    def enrol(self):
        """With a code of its own, and a terminal."""
        with self.site.app.app_context():
            code = gateways.add_gateway(self.name, 24, now_ms())
            gateways.add_terminal(self.site.data_dir, self.terminal_id, bytes(32), now_ms())
            gateways.assign_terminal(self.terminal_id, self.name)
        asyncio.run(enrolment.enrol(self.settings, code, ["127.0.0.1"]))
        self.identity = read_identity(self.settings["state"])
        return self

    def uploads(self, **settings):
        return Uploads(self.folder, (None, self.settings, self.identity), **settings)

    def arrived(self):
        found = readings_of(self.site, self.terminal_id).seq.tolist()
        assert len(set(found)) == len(found)
        return [seq & 0xFFFFFF for seq in sorted(found)]

    def some(self, first, last):
        """Readings of now that do not compress well."""
        numbers = range(first, last + 1)
        new = [
            reading(
                seq_of(1, n), self.terminal_id, temperature_c=n * 7919 % 4001 / 100, current_a=n * 104729 % 99991 / 1e3
            )
            for n in numbers
        ]
        return [one._replace(ts_ms=now_ms()) for one in new]


def test_a_gateway_enrols_and_uploads_through_a_proxy_that_asks_who_it_is(tmp_path, site):
    with serving(site.data_dir) as (_process, address):
        proxy = Tinyproxy(tmp_path / "proxy", port_of(address), USER, PASSWORD)
        with proxy:
            login = tmp_path / "login"
            login.write_text(f"{USER}:{PASSWORD}\n")
            road = {"collector__proxy": f"http://127.0.0.1:{proxy.port}", "collector__proxy_file": str(login)}
            gateway = Gateway(tmp_path, site, address, **road).enrol()

            async def scene():
                uploads = gateway.uploads()
                async with uploads.at_work():
                    uploads.put(*gateway.some(1, 3))
                    await until(lambda: waiting(uploads) == 0)
                    await asyncio.to_thread(proxy.stop)
                    uploads.put(*gateway.some(4, 5))
                    await until(lambda: uploads.failed())
                    assert waiting(uploads) == 2
                    await asyncio.to_thread(proxy.start)
                    await until(lambda: waiting(uploads) == 0)

            asyncio.run(scene())
            assert gateway.arrived() == [1, 2, 3, 4, 5]
            assert f"CONNECT 127.0.0.1:{port_of(address)}" in proxy.log.read_text()
            login.write_text(f"{USER}:wrong\n")
            with pytest.raises(GatewayError, match="collector.proxy"):
                Gateway(tmp_path / "other", site, address, **road).enrol()


def test_a_collector_behind_a_proxy_that_takes_less_than_a_batch_gets_everything(tmp_path, site):
    certificate, key = site.data_dir / certificates.SERVER_CERTIFICATE, site.data_dir / certificates.SERVER_KEY
    with serving(site.data_dir, "--plain") as (_process, address):
        nginx = Nginx(tmp_path / "nginx", port_of(address), certificate, key, most="2k")
        with nginx:
            gateway = Gateway(tmp_path, site, f"https://127.0.0.1:{nginx.port}").enrol()

            async def scene():
                uploads = gateway.uploads()
                uploads.put(*gateway.some(1, 500))
                async with uploads.at_work():
                    await until(lambda: waiting(uploads) == 0)

            asyncio.run(scene())
            assert gateway.arrived() == list(range(1, 501))
            statuses = re.findall(r"POST /a02/v1/batches HTTP/1.1\" (\d+)", nginx.access.read_text())
            assert "413" in statuses and set(statuses) == {"413", "200"}
            assert look.look(tmp_path).set_aside == 0


def test_the_second_address_serves_while_the_first_is_cut_and_nothing_is_doubled(tmp_path, site):
    with (
        serving(site.data_dir) as (_process, address),
        Relay(port_of(address)) as first,
        Relay(port_of(address)) as second,
    ):
        urls = [f"https://127.0.0.1:{relay.port}" for relay in (first, second)]
        gateway = Gateway(
            tmp_path, site, urls[0], collector__second_url=urls[1], collector__return_s=1.0, collector__timeout_s=1.0
        ).enrol()

        async def scene():
            uploads = gateway.uploads()
            async with uploads.at_work() as collector:
                uploads.put(*gateway.some(1, 10))
                await until(lambda: waiting(uploads) == 0)
                assert collector.url == urls[0]
                first.stall()
                uploads.put(*gateway.some(11, 20))
                await until(lambda: waiting(uploads) == 0)
                assert collector.url == urls[1]
                first.flow()
                for n in range(21, 400):
                    uploads.put(*gateway.some(n, n))
                    await until(lambda: waiting(uploads) == 0)
                    if collector.url == urls[0]:
                        return n
                raise AssertionError("it never returned to the first address")

        last = asyncio.run(scene())
        assert gateway.arrived() == list(range(1, last + 1))


def test_an_upload_whose_answer_is_cut_is_sent_again_and_stored_once(tmp_path, site):
    with serving(site.data_dir) as (_process, address), Relay(port_of(address)) as wire:
        gateway = Gateway(tmp_path, site, f"https://127.0.0.1:{wire.port}").enrol()

        async def scene():
            uploads = gateway.uploads()
            async with uploads.at_work():
                for turn in range(20):
                    wire.cut_after(300 + 97 * turn)
                    uploads.put(*gateway.some(10 * turn + 1, 10 * turn + 10))
                    await until(lambda: waiting(uploads) == 0)

        asyncio.run(scene())
        assert gateway.arrived() == list(range(1, 201))


def test_a_collector_killed_in_the_middle_gets_everything_once(tmp_path, site):
    port = None
    with serving(site.data_dir) as (process, address):
        port = port_of(address)
        gateway = Gateway(tmp_path, site, address).enrol()

        async def scene():
            uploads = gateway.uploads(upload__batch=20)
            uploads.put(*gateway.some(1, 400))
            async with uploads.at_work():
                await until(lambda: 0 < len(gateway.arrived()) < 400)
                process.kill()
                await until(lambda: uploads.failed())
                process.wait(10)
                left = waiting(uploads)
                with serving(site.data_dir, "--port", str(port)):
                    await until(lambda: waiting(uploads) == 0)
                return left

        assert asyncio.run(scene()) > 0
        assert gateway.arrived() == list(range(1, 401))


WRONG = [
    ("proxy", "socks5://127.0.0.1:1", "http://host:port"),
    ("proxy", "http://user:secret@127.0.0.1:1", "proxy_file"),
    ("proxy_file", "/nowhere", "/nowhere cannot be read"),
    ("second_url", "http://plain", "collector.second_url"),
    ("url", "https://host:port", "collector.url"),
    ("url", "", "collector.url is empty"),
]


@pytest.mark.parametrize("name,value,said", WRONG)
def test_an_address_that_cannot_be_is_told_by_its_setting(site, name, value, said):
    near = {"collector.url": "https://127.0.0.1:1", "collector.proxy": "http://127.0.0.1:1"}
    own = {**DEFAULTS, **near, "collector.ca": str(site.data_dir / "ca/a02.crt"), f"collector.{name}": value}
    with pytest.raises(GatewayError, match=re.escape(said)) as told:
        Collector(own)
    assert "secret" not in str(told.value)
