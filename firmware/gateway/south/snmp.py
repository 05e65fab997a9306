"""SNMP: asks a computer for its disk and running time (HOST-RESOURCES-MIB, RFC 2790), a UPS for its state (RFC 1628).

Version 3 with authentication and privacy; version 2c only for a peer that is listed as plain.
"""

import asyncio
import logging
import tomllib
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as hlapi

from firmware.gateway.errors import GatewayError
from firmware.protocol.channels import SENSOR_FAILED

log = logging.getLogger("gateway")

PORT = 161
SILENT, MISSING = "snmp_silent", "snmp_missing"
ROWS_MOST = 256  # of a table; what a peer says beyond is not asked for
UPTIME = "1.3.6.1.2.1.25.1.1.0"  # hrSystemUptime, hundredths of a second
STORAGE = "1.3.6.1.2.1.25.2.3.1"  # hrStorageEntry: 3 description, 4 bytes per unit, 5 units, 6 units in use
DESCRIPTION, UNIT, SIZE, USED = 3, 4, 5, 6
UPS = (  # channel, column of UPS-MIB, its row; scale
    ("ups_runtime_min", "1.3.6.1.2.1.33.1.2.3.0", 1),
    ("ups_battery_pct", "1.3.6.1.2.1.33.1.2.4.0", 1),
    ("ups_load_pct", "1.3.6.1.2.1.33.1.4.4.1.5.1", 1),
    ("voltage_l1_v", "1.3.6.1.2.1.33.1.3.3.1.3.1", 1),
    ("frequency_hz", "1.3.6.1.2.1.33.1.3.3.1.2.1", 0.1),
)
AUTH = {
    "SHA": hlapi.USM_AUTH_HMAC96_SHA,
    "SHA-256": hlapi.USM_AUTH_HMAC192_SHA256,
    "SHA-512": hlapi.USM_AUTH_HMAC384_SHA512,
}
KEY_LENGTH = 8  # RFC 3414, 11.2
PRIVATE = 0o077


class NoAnswer(Exception):
    """A question that got no good answer; `code` stands in docs/interfaces.md."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def check(peer):
    """Raises GatewayError when the address, the secrets, or what is asked for are impossible."""
    if not peer.options["ups"] and not peer.options["disk"]:
        raise GatewayError(f"{peer.source_id} is asked for nothing; write disk, or ups = true")
    _address(peer)
    _credentials(peer)


async def run(peer, sink):
    """Poll a checked peer for ever."""
    engine, silent = hlapi.SnmpEngine(), False
    try:
        while True:
            ts_ms = sink.now_ms()
            values, problem = await _ask_all(engine, peer, sink)
            if problem and not silent:
                log.warning("%s at %s: %s", peer.source_id, peer.options["address"], problem)
            elif silent and not problem:
                log.info("%s answers again", peer.source_id)
            silent = bool(problem)
            await sink.readings([(peer.source_id, ts_ms, values, SENSOR_FAILED if problem else 0)])
            await asyncio.sleep(peer.options["every_s"])
    finally:
        engine.close_dispatcher()


async def _ask_all(engine, peer, sink):
    """({channel: value or None}, what went wrong first or None). One bad question leaves its neighbours unharmed."""
    questions = list(_questions(peer.options))
    values, problem = {name: None for names, _question in questions for name in names}, None
    for _names, question in questions:
        try:
            values.update(await question(_Line(engine, peer)))
        except NoAnswer as error:
            sink.refused(peer.source_id, error.code, str(error))
            problem = problem or str(error)
            if error.code == SILENT:
                break  # the others would wait as long
    return values, problem


def _questions(options):
    """[(channels, question)] of what is asked of a peer."""
    for name, oid, scale in UPS if options["ups"] else ():
        yield (name,), partial(_ask_number, name, oid, scale)
    if options["disk"]:
        yield ("uptime_h",), partial(_ask_number, "uptime_h", UPTIME, 1 / 360_000)
        yield ("disk_used_pct", "disk_size_gb"), partial(_ask_disk, options["disk"])


async def _ask_number(name, oid, scale, line):
    return {name: await line.number(oid) * scale}


async def _ask_disk(disk, line):
    named = {row: str(said) for row, said in await line.column(f"{STORAGE}.{DESCRIPTION}")}
    rows = [row for row, said in named.items() if said == disk] or [row for row in named if named[row].startswith(disk)]
    if not rows:
        raise NoAnswer(MISSING, f"no storage called {disk!r}")
    unit, size, used = [await line.number(f"{STORAGE}.{column}.{rows[0]}") for column in (UNIT, SIZE, USED)]
    if size <= 0:
        raise NoAnswer(MISSING, f"{disk!r} has no size")
    return {"disk_used_pct": 100 * used / size, "disk_size_gb": unit * size / 1e9}


class _Line:
    """One peer to be asked."""

    def __init__(self, engine, peer):
        self._engine, self._peer = engine, peer

    async def _target(self):
        host, port = _address(self._peer)
        target = hlapi.UdpTransportTarget
        return await target.create((host, port), timeout=self._peer.options["timeout_s"], retries=1)

    async def number(self, oid):
        """The whole number at an object id. Raises NoAnswer."""
        ((_name, value),) = await self._ask(hlapi.get_cmd, oid)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise NoAnswer(MISSING, f"{oid} is no number there") from None

    async def column(self, oid):
        """[(row, value)] below an object id. Raises NoAnswer."""
        found, at, inside = [], oid, True
        while inside and len(found) < ROWS_MOST:
            ((name, value),) = await self._ask(hlapi.next_cmd, at)
            name = str(name)
            inside = name.startswith(oid + ".") and name not in (at, *(f"{oid}.{row}" for row, _ in found))
            if inside:
                found.append((name[len(oid) + 1 :], value))
            at = name
        return found

    async def _ask(self, command, oid):
        thing = hlapi.ObjectType(hlapi.ObjectIdentity(oid))
        context, credentials = hlapi.ContextData(), _credentials(self._peer)
        try:
            answer = command(self._engine, credentials, await self._target(), context, thing, lookupMib=False)
            indication, status, _index, pairs = await answer
        except (PySnmpError, OSError) as error:
            raise NoAnswer(SILENT, f"cannot be asked: {type(error).__name__}") from error
        if indication:
            raise NoAnswer(SILENT, f"no good answer: {indication}")
        if status or len(pairs) != 1:
            raise NoAnswer(MISSING, f"{oid} is refused with status {int(status)}")
        return pairs


def _address(peer):
    """(host, port). Raises GatewayError."""
    address = peer.options["address"]
    try:
        parts = urlsplit(address)
        good = parts.scheme == "udp" and parts.hostname and (parts.port or PORT)
    except ValueError:
        good = None
    if not good:
        raise GatewayError(f"{peer.source_id}: address is {address!r}; write udp://host:port")
    return parts.hostname, good


def _credentials(peer):
    """What opens the peer, from its secret file. Raises GatewayError; the text holds no secret."""
    options, path = peer.options, Path(peer.options["secret_file"])
    where = f"{path} of {peer.source_id}"
    try:
        if path.stat().st_mode & PRIVATE:
            raise GatewayError(f"{where} can be read by others; chmod 600 it")
        secrets = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GatewayError(f"{where} cannot be read: {error.strerror}; correct secret_file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise GatewayError(f"{where} is no TOML; write auth_key and privacy_key, or community") from None
    wanted = ("auth_key", "privacy_key") if options["user"] else ("community",)
    for name in wanted:
        if not isinstance(secrets.get(name), str) or len(secrets[name]) < (KEY_LENGTH if options["user"] else 1):
            raise GatewayError(f"{where} lacks {name}, a text of at least {KEY_LENGTH} characters; add it")
    if options["auth"] not in AUTH:
        raise GatewayError(f"{peer.source_id}: auth is {options['auth']!r}; write one of {', '.join(AUTH)}")
    if not options["user"]:
        return hlapi.CommunityData(secrets["community"], mpModel=1)
    return hlapi.UsmUserData(
        options["user"],
        secrets["auth_key"],
        secrets["privacy_key"],
        authProtocol=AUTH[options["auth"]],
        privProtocol=hlapi.USM_PRIV_CFB128_AES,
    )
