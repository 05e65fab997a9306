"""The file that lists the sources: which Modbus, SNMP and DICOM peers there are, and which of them may speak plainly.

A peer that speaks without encryption is off until its entry says `plain = true` with title, interface and reason;
from then on it is an open finding of the gateway.
"""

import tomllib
from collections import namedtuple
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.gateway.terminals import ID

Peer = namedtuple("Peer", ("source_id", "protocol", "plain", "options"))
# protocol: a name of PROTOCOLS; plain: None, or {"address", "title", "interface", "reason"}; options: {name: value}

Option = namedtuple("Option", ("kind", "default"))
REQUIRED = object()
PLAIN = ("title", "interface", "reason")
COMMON = {"address": Option(str, REQUIRED), "plain": Option(bool, False), **{name: Option(str, "") for name in PLAIN}}
POLLED = {"every_s": Option(float, 30.0), "timeout_s": Option(float, 3.0)}
PROTOCOLS = {
    "modbus": {**COMMON, **POLLED, "unit": Option(int, 1), "map": Option(str, REQUIRED), "baud": Option(int, 9600)},
    "snmp": {
        **COMMON,
        **POLLED,
        "user": Option(str, ""),
        "auth": Option(str, "SHA-256"),
        "secret_file": Option(str, REQUIRED),
        "disk": Option(str, ""),
        "ups": Option(bool, False),
    },
    "dicom": {
        **COMMON,
        "ae_title": Option(str, REQUIRED),
        "zone": Option(str, "Asia/Shanghai"),
        "codes": Option(str, ""),
    },
}
FILES = ("map", "codes", "secret_file")


def read_peers(path):
    """[Peer] of a file, in its order; none of an empty path. Raises GatewayError naming file, entry and value."""
    if not path:
        return []
    path = Path(path)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GatewayError(f"{path} cannot be read: {error.strerror}; correct sources.file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GatewayError(f"{path} is no TOML: {error}; correct it") from error
    peers = []
    for protocol, entries in found.items():
        if protocol not in PROTOCOLS or not isinstance(entries, dict):
            raise GatewayError(f"{path}: there is no protocol {protocol!r}; write one of {', '.join(PROTOCOLS)}")
        peers += [_peer(path, protocol, source_id, entry) for source_id, entry in entries.items()]
    _refuse_twins(path, peers)
    return peers


def _peer(path, protocol, source_id, entry):
    where = f"{path}: [{protocol}.{source_id}]"
    if not ID.fullmatch(source_id) or not isinstance(entry, dict):
        raise GatewayError(f"{where} is no source's name; take 1 to 64 letters, digits, dots, dashes")
    options = {name: _option(where, name, option, entry) for name, option in PROTOCOLS[protocol].items()}
    for name in entry:
        if name not in options:
            raise GatewayError(f"{where} says {name} = {entry[name]!r}, which {protocol} does not know; remove it")
    for name in FILES:
        if options.get(name):
            options[name] = str(path.absolute().parent / options[name])
    return Peer(source_id, protocol, _plainness(where, protocol, options), options)


def _option(where, name, option, entry):
    value = entry.get(name, option.default)
    if value is REQUIRED:
        raise GatewayError(f"{where} lacks {name}; add it")
    if option.kind is float and type(value) is int:
        value = float(value)
    if type(value) is not option.kind or (option.kind in (int, float) and not value > 0):
        kind = {int: "a whole number above 0", float: "a number above 0", bool: "true or false", str: "a text"}
        raise GatewayError(f"{where}: {name} is {value!r}; write {kind[option.kind]}")
    return value


def _plainness(where, protocol, options):
    """What the finding about a plain peer says, or None for one that is encrypted. Raises GatewayError."""
    encrypted = protocol == "dicom" or bool(options.get("user"))  # SNMP with a user is version 3
    if not options["plain"] and encrypted:
        return None
    if options["plain"] and options.get("user"):
        raise GatewayError(f"{where} has a user, so it speaks encrypted; remove plain or user")
    if not options["plain"]:
        raise GatewayError(f"{where} speaks without encryption; say plain = true with {', '.join(PLAIN)}")
    missing = [name for name in PLAIN if not options[name].strip()]
    if missing:
        raise GatewayError(f"{where} is plain and lacks {', '.join(missing)}; say what it is, where, and why")
    return {"address": options["address"], **{name: options[name] for name in PLAIN}}


def _refuse_twins(path, peers):
    names = [peer.source_id for peer in peers]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise GatewayError(f"{path}: {twins[0]} stands there twice; a source has one protocol")
    titles = [peer.options["ae_title"] for peer in peers if peer.protocol == "dicom"]
    twins = sorted({title for title in titles if titles.count(title) > 1})
    if twins:
        raise GatewayError(f"{path}: the ae_title {twins[0]!r} stands there twice; give each modality its own")
