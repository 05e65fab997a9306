"""Modbus TCP and RTU: asks a chiller, a meter or a UPS for its registers, again and again.

An address is `tcp://host:port` or `rtu:/dev/ttyUSB0`. What does not answer is measured and bad, never zero. Peers at
one address, as on one RS-485 line, take turns: the line is opened for each look and free in between.
"""

import asyncio
import logging
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ExceptionResponse

from firmware.gateway.errors import GatewayError
from firmware.gateway.south.register_map import read_map, spans, value_of
from firmware.protocol.channels import SENSOR_FAILED

log = logging.getLogger("gateway")
PORT = 502
_turns = WeakValueDictionary()  # {address: Lock}, while somebody polls there


def check(peer):
    """Raises GatewayError when the address or the register map is impossible."""
    read_map(peer.options["map"])
    _parts(peer)


async def run(peer, sink):
    """Poll a checked peer for ever."""
    options = peer.options
    registers = read_map(options["map"])
    client = _client(peer)
    turn, silent = _turns.setdefault(options["address"], asyncio.Lock()), False
    try:
        while True:
            ts_ms = sink.now_ms()
            async with turn:
                values, problem = await _ask_all(client, peer, registers, sink)
                client.close()
            if problem and not silent:
                log.warning("%s at %s: %s", peer.source_id, options["address"], problem)
            elif silent and not problem:
                log.info("%s answers again", peer.source_id)
            silent = bool(problem)
            await sink.readings([(peer.source_id, ts_ms, values, SENSOR_FAILED if problem else 0)])
            await asyncio.sleep(options["every_s"])
    finally:
        client.close()


def _client(peer):
    scheme, where, port = _parts(peer)
    kept = {"timeout": peer.options["timeout_s"], "retries": 0, "reconnect_delay": 0, "name": peer.source_id}
    if scheme == "tcp":
        return AsyncModbusTcpClient(where, port=port, **kept)
    return AsyncModbusSerialClient(where, baudrate=peer.options["baud"], **kept)


def _parts(peer):
    """(tcp or rtu, host or file, port) of the address. Raises GatewayError."""
    address = peer.options["address"]
    try:
        parts = urlsplit(address)
        scheme, where, port = parts.scheme, parts.hostname if parts.scheme == "tcp" else parts.path, parts.port or PORT
    except ValueError:
        scheme, where, port = "", "", PORT
    if scheme not in ("tcp", "rtu") or not where:
        raise GatewayError(f"{peer.source_id}: address is {address!r}; write tcp://host:port or rtu:/dev/ttyUSB0")
    return scheme, where, port


async def _ask_all(client, peer, registers, sink):
    """({channel: value or None}, what went wrong first or None). One bad span leaves its neighbours unharmed."""
    values, problem = {register.channel: None for register in registers}, None
    timeout_s = peer.options["timeout_s"]
    for span in spans(registers):
        try:
            async with asyncio.timeout(2 * timeout_s):
                found, code, text = await _ask(client, peer.options["unit"], span)
        except (ModbusException, OSError, TimeoutError) as error:
            client.close()  # what comes late must not be taken for the next answer
            found, code, text = {}, "modbus_silent", f"no good answer: {str(error) or type(error).__name__}"
        values.update(found)
        if code:
            sink.refused(peer.source_id, code, text)
            problem = problem or text
        if code == "modbus_silent":
            break  # the others would wait as long
    return values, problem


async def _ask(client, unit, span):
    """({channel: value}, code, text) of one question; code and text are None when it was answered."""
    function, first, count, registers = span
    if not client.connected and not await client.connect():
        return {}, "modbus_silent", "cannot be reached"
    ask = client.read_holding_registers if function == "holding" else client.read_input_registers
    answer = await ask(first, count=count, device_id=unit)
    if isinstance(answer, ExceptionResponse):
        text = f"exception {answer.exception_code} for {function} registers {first} to {first + count - 1}"
        return {}, "modbus_exception", text
    words = getattr(answer, "registers", [])
    if len(words) != count:
        client.close()
        return {}, "modbus_length", f"{len(words)} registers instead of {count} from {first}"
    return {one.channel: value_of(one, words[one.address - first :][: _size(one)]) for one in registers}, None, None


def _size(register):
    return 1 if register.type.endswith("16") else 2
