"""The whole gateway with sources: what they say travels as terminals' readings do, and plain ones are told north."""

import asyncio
import re
import threading

import pytest
from pymodbus.server import ModbusTcpServer

from tests.fakes.mosquitto import free_port
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.firmware.gateway.source_home import PLAIN
from tests.firmware.gateway.test_modbus import GOOD, MAP, chiller


@pytest.fixture
def platform(tmp_path):
    with Platform(tmp_path / "platform") as platform:
        yield platform


@pytest.fixture
def modbus_port():
    """A chiller that answers in a thread of its own."""
    loop, port, ready = asyncio.new_event_loop(), free_port(), threading.Event()

    async def serve():
        server = ModbusTcpServer(chiller(), address=("127.0.0.1", port))
        await server.serve_forever(background=True)
        ready.set()
        return server

    server = []
    thread = threading.Thread(target=lambda: (server.append(loop.run_until_complete(serve())), loop.run_forever()))
    thread.start()
    assert ready.wait(10)
    yield port
    asyncio.run_coroutine_threadsafe(server[0].shutdown(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_a_chiller_reaches_the_collector_and_stays_an_open_finding(tmp_path, platform, modbus_port):
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    (tmp_path / "sources.toml").write_text(
        f'[modbus.chiller-01]\naddress = "tcp://127.0.0.1:{modbus_port}"\nmap = "map.toml"\nevery_s = 0.1\n{PLAIN}'
    )
    gateway = RunningGateway(tmp_path, platform, sources__file=str(tmp_path / "sources.toml"))
    with gateway:
        platform.wait_until(lambda: platform.readings and platform.records)
        gateway.kill()
        gateway.start()
        platform.wait_until(lambda: len({seq >> 24 for seq in platform.numbers("chiller-01")}) == 2)
        listed = gateway.say("terminals")[1]
        status, said = gateway.say("status")
    assert platform.readings[0]["values"] == {"water_supply_c": -550, "water_flow_lmin": 315, "power_kw": -12345}
    assert set(platform.readings[0]["values"]) == set(GOOD)
    finding = platform.records[0]
    assert (finding["source_id"], finding["kind"], finding["body"]["reason"]) == (
        "chiller-01",
        "plain_peer",
        "the maker offers no TLS",
    )
    assert re.search(r"chiller-01\W+source", listed)
    assert status == 0 and "plain      chiller-01 modbus tcp://127.0.0.1" in said and "chiller of MRI 1" in said


def test_a_wrong_source_stops_the_gateway_in_one_line(tmp_path, platform):
    (tmp_path / "sources.toml").write_text(f'[modbus.a]\naddress = "udp://x"\nmap = "none.toml"\n{PLAIN}')
    gateway = RunningGateway(tmp_path, platform, sources__file=str(tmp_path / "sources.toml"))
    status, said = gateway.say("run")
    assert status == 1 and said.count("\n") == 1 and "none.toml cannot be read" in said
