"""Modbus against pymodbus's own server, over TCP and over a serial line, and against peers that misbehave."""

import asyncio
import contextlib
import os
import struct
import threading
import tty

import pytest
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from firmware.gateway.south import modbus
from firmware.protocol.channels import SENSOR_FAILED
from tests.firmware.gateway.source_home import PLAIN, Basin, peer_of
from tests.ports import free_port

MAP = """
[[register]]
name = "supply"
function = "input"
address = 0
type = "s16"
scale = 0.1
channel = "water_supply_c"
unit = "°C"
[[register]]
name = "flow"
function = "input"
address = 1
type = "f32"
word_order = "little"
channel = "water_flow_lmin"
unit = "L/min"
[[register]]
name = "power"
function = "input"
address = 3
type = "s32"
byte_order = "little"
scale = 0.001
channel = "power_kw"
unit = "kW"
"""
FAR = MAP + '[[register]]\nname = "far"\naddress = 500\nchannel = "ups_load_pct"\nunit = "%"\n'
FLOW = struct.unpack(">HH", struct.pack(">f", 31.5))
POWER = struct.unpack("<HH", struct.pack(">i", -12_345))
REGISTERS = [65536 - 55, FLOW[1], FLOW[0], *POWER]
GOOD = {"water_supply_c": -5.5, "water_flow_lmin": 31.5, "power_kw": -12.345}


def chiller(unit=1):
    return SimDevice(id=unit, simdata=[SimData(0, values=REGISTERS, datatype=DataType.REGISTERS)])


def peer(tmp_path, address, registers=MAP, **more):
    (tmp_path / "map.toml").write_text(registers, encoding="utf-8")
    options = "".join(f"{name} = {value}\n" for name, value in {"every_s": 0.05, "timeout_s": 0.5, **more}.items())
    text = f'[modbus.chiller-01]\naddress = "{address}"\nmap = "map.toml"\n{options}{PLAIN}'
    return peer_of(tmp_path, text)


async def polled(one, basin, holds):
    """Poll until the basin holds what is waited for."""
    modbus.check(one)
    running = asyncio.create_task(modbus.run(one, basin))
    try:
        await basin.until(holds)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@contextlib.asynccontextmanager
async def serving(server):
    await server.serve_forever(background=True)
    try:
        yield
    finally:
        await server.shutdown()


def test_registers_of_every_type_and_order_arrive_in_their_units_over_tcp(tmp_path):
    async def scene():
        basin, port = Basin(), free_port()
        async with serving(ModbusTcpServer(chiller(), address=("127.0.0.1", port))):
            await polled(peer(tmp_path, f"tcp://127.0.0.1:{port}"), basin, lambda: len(basin.measured) >= 2)
        return basin

    basin = asyncio.run(scene())
    source_id, ts_ms, values, flags = basin.measured[0]
    assert (source_id, flags) == ("chiller-01", 0) and abs(basin.now_ms() - ts_ms) < 20_000
    assert values == pytest.approx(GOOD)
    assert not basin.counts


@contextlib.contextmanager
def serial_line():
    """Two serial ports that are joined by a cable: pseudo-terminals with a thread between them."""
    (one, one_name), (other, other_name) = _port(), _port()
    ended = threading.Event()

    def carry(source, target):
        while not ended.is_set():
            try:
                os.write(target, os.read(source, 1024))
            except OSError:
                return

    for ends in ((one, other), (other, one)):
        threading.Thread(target=carry, args=ends, daemon=True).start()
    try:
        yield one_name, other_name
    finally:
        ended.set()


def _port():
    inner, outer = os.openpty()
    tty.setraw(outer)
    return inner, os.ttyname(outer)


def test_registers_arrive_over_a_serial_line(tmp_path):
    async def scene(mine, theirs):
        basin = Basin()
        async with serving(ModbusSerialServer(chiller(), port=theirs, baudrate=9600)):
            await polled(peer(tmp_path, f"rtu:{mine}"), basin, lambda: any(not one[3] for one in basin.measured))
        return [one for one in basin.measured if not one[3]]

    with serial_line() as (mine, theirs):
        assert asyncio.run(scene(mine, theirs))[0][2] == pytest.approx(GOOD)


def test_peers_on_one_serial_line_take_turns(tmp_path):
    async def scene(mine, theirs):
        basin = Basin()
        peers = [peer(tmp_path, f"rtu:{mine}", unit=unit, timeout_s=2) for unit in (1, 2, 3)]
        async with serving(ModbusSerialServer([chiller(1), chiller(2), chiller(3)], port=theirs, baudrate=9600)):
            running = [asyncio.create_task(modbus.run(one, basin)) for one in peers]
            await basin.until(lambda: len(basin.measured) >= 12)
            for one in running:
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        return basin

    with serial_line() as (mine, theirs):
        basin = asyncio.run(scene(mine, theirs))
    assert all(row[2] == pytest.approx(GOOD) for row in basin.measured) and not basin.counts


def test_an_exception_response_makes_its_own_channels_bad_and_leaves_the_neighbours(tmp_path):
    async def scene():
        basin, port = Basin(), free_port()
        async with serving(ModbusTcpServer(chiller(), address=("127.0.0.1", port))):
            await polled(peer(tmp_path, f"tcp://127.0.0.1:{port}", FAR), basin, lambda: basin.measured)
        return basin

    basin = asyncio.run(scene())
    _source_id, _ts_ms, values, flags = basin.measured[0]
    assert values == pytest.approx(GOOD | {"ups_load_pct": None}) and flags == SENSOR_FAILED
    assert set(basin.counts) == {("chiller-01", "modbus_exception")}


def test_nobody_there_is_measured_and_bad_then_good_again_when_the_peer_comes(tmp_path):
    async def scene():
        basin, port = Basin(), free_port()
        one = peer(tmp_path, f"tcp://127.0.0.1:{port}")
        polling = asyncio.create_task(polled(one, basin, lambda: any(not row[3] for row in basin.measured)))
        await basin.until(lambda: len(basin.measured) >= 2)
        async with serving(ModbusTcpServer(chiller(), address=("127.0.0.1", port))):
            await polling
        return basin

    basin = asyncio.run(scene())
    assert basin.measured[0][2] == dict.fromkeys(GOOD) and basin.measured[0][3] == SENSOR_FAILED
    assert basin.measured[-1][2] == pytest.approx(GOOD)
    assert basin.counts["chiller-01", "modbus_silent"] >= 2


HEAD = ">HHHBB"  # transaction, protocol, length, unit, function


def _said(question, payload, **wrong):
    """An answer to a question (its 12 bytes); `wrong` replaces parts of its head."""
    transaction, _protocol, _length, unit, function = struct.unpack(HEAD, question[:8])
    head = {"transaction": transaction, "protocol": 0, "length": len(payload) + 2, "unit": unit, "function": function}
    return struct.pack(HEAD, *(head | wrong).values()) + payload


MISBEHAVIOUR = {
    "says nothing": lambda question: b"",
    "too few registers": lambda question: _said(question, b"\x04\x00\x01\x00\x02"),
    "too many registers": lambda question: _said(question, b"\x0e" + bytes(14)),
    "a byte count that lies": lambda question: _said(question, b"\xff" + bytes(10)),
    "noise": lambda question: os.urandom(64),
    "without end": lambda question: b"\x00" * 300_000,
    "of another question": lambda question: _said(question, b"\x0a" + bytes(10), transaction=0x7777),
    "of another unit": lambda question: _said(question, b"\x0a" + bytes(10), unit=9),
    "closed in the middle": lambda question: _said(question, b"\x0a" + bytes(10))[:9],
}


@pytest.mark.parametrize("said", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_a_peer_that_misbehaves_gives_no_value_is_counted_and_is_asked_again(tmp_path, said):
    async def answer(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                writer.write(said(await reader.readexactly(12)))
                await writer.drain()
        writer.close()

    async def scene():
        basin = Basin()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        one = peer(tmp_path, f"tcp://127.0.0.1:{port}", timeout_s=0.1)
        async with server:
            await polled(one, basin, lambda: len(basin.measured) >= 2)
        return basin

    basin = asyncio.run(scene())
    for _source_id, _ts_ms, values, flags in basin.measured:
        assert values == dict.fromkeys(GOOD) and flags == SENSOR_FAILED
    assert sum(basin.counts.values()) >= 2
