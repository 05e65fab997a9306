"""The whole gateway with sources: what they say travels as terminals' readings do, and plain ones are told north."""

import asyncio
import re
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from pymodbus.server import ModbusTcpServer

from firmware.protocol.channels import SENSOR_FAILED
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.firmware.gateway.source_home import PLAIN
from tests.firmware.gateway.test_modbus import GOOD, MAP, REGISTERS, chiller
from tests.ports import free_port


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


@contextmanager
def trickling(pause_s):
    """The port of a chiller that says its right answers byte by byte, with a pause after each."""

    def answer(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, suppress(OSError):  # who asked may have had enough
            while len(question := connection.recv(12, socket.MSG_WAITALL)) == 12:
                said = question[:4] + struct.pack(">HBBB5H", 13, question[6], question[7], 10, *REGISTERS)
                for one in said:
                    connection.sendall(bytes((one,)))
                    time.sleep(pause_s)

    def serve(listener):
        with suppress(OSError):  # it was closed
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_who_answers_byte_by_byte_is_understood_or_given_up_and_holds_nobody_up(tmp_path, platform, modbus_port):
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    entry = '[modbus.{}]\naddress = "tcp://127.0.0.1:{}"\nmap = "map.toml"\nevery_s = 0.1\ntimeout_s = {}\n' + PLAIN
    with trickling(0.01) as slow, trickling(0.2) as slower:
        rows = (("chiller-01", modbus_port, 3), ("slow-01", slow, 20), ("slower-01", slower, 0.5))
        (tmp_path / "sources.toml").write_text("".join(entry.format(*row) for row in rows))
        with RunningGateway(tmp_path, platform, sources__file=str(tmp_path / "sources.toml")) as gateway:
            platform.wait_until(lambda: len(platform.numbers("slower-01")) >= 3 and platform.numbers("slow-01"), 60)
            said = gateway.say("status")[1]
    good = {"water_supply_c": -550, "water_flow_lmin": 315, "power_kw": -12345}
    values, flags = {}, {}
    for row in platform.readings:
        values.setdefault(row["terminal_id"], []).append(row["values"])
        flags.setdefault(row["terminal_id"], set()).add(row["flags"])
    assert good in values["slow-01"], "it is slow, and right"
    assert all(one == dict.fromkeys(GOOD) for one in values["slower-01"]) and flags["slower-01"] == {SENSOR_FAILED}
    assert values["chiller-01"].count(good) > 2 * len(values["slower-01"]), "its neighbour is asked as ever"
    assert "slower-01 modbus_silent" in said


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
