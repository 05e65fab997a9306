"""A model's register map: which Modbus registers mean which channel, and how their bits become a number."""

import struct
import tomllib
from collections import namedtuple
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.protocol.channels import BY_NAME

Register = namedtuple(
    "Register", ("name", "function", "address", "type", "byte_order", "word_order", "scale", "offset", "channel")
)
# value in the channel's unit = number * scale + offset. address: as on the wire, from 0.

TYPES = {"u16": ("H", 1), "s16": ("h", 1), "u32": ("I", 2), "s32": ("i", 2), "f32": ("f", 2)}
FUNCTIONS = ("holding", "input")
ORDERS = ("big", "little")
DEFAULTS = {"function": "holding", "type": "u16", "byte_order": "big", "word_order": "big", "scale": 1, "offset": 0}
FIELDS = (*Register._fields, "unit")
MOST = 125  # registers in one answer (Modbus application protocol 1.1b3, 6.3)
LAST = 0xFFFF


def read_map(path):
    """[Register] of a TOML file with [[register]] entries. Raises GatewayError naming file, entry, value, remedy."""
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise GatewayError(f"{path} cannot be read: {error.strerror}; correct the source's map") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GatewayError(f"{path} is no TOML: {error}; correct it") from error
    entries = found.get("register")
    if not isinstance(entries, list) or not entries:
        raise GatewayError(f"{path} has no [[register]]; write one per quantity")
    registers = [_register(f"{path}: register {place}", entry) for place, entry in enumerate(entries, 1)]
    channels = [register.channel for register in registers]
    for channel in channels:
        if channels.count(channel) > 1:
            raise GatewayError(f"{path}: {channel} stands there twice; a source measures a channel once")
    return registers


def _register(where, entry):
    if not isinstance(entry, dict):
        raise GatewayError(f"{where} is {entry!r}; write a table [[register]]")
    where += f" ({entry['name']})" if isinstance(entry.get("name"), str) else ""
    for name in entry:
        if name not in FIELDS:
            raise GatewayError(f"{where} says {name} = {entry[name]!r}; the fields are {', '.join(FIELDS)}")
    given = {**DEFAULTS, **entry}
    for name, good, remedy in _RULES:
        if not good(given.get(name)):
            raise GatewayError(f"{where}: {name} is {given.get(name)!r}; write {remedy}")
    channel = BY_NAME[given["channel"]]
    if given.pop("unit") != channel.unit:
        raise GatewayError(
            f"{where}: {channel.name} is in {channel.unit}; choose scale and offset so, and say that unit"
        )
    if given["address"] + TYPES[given["type"]][1] - 1 > LAST:
        raise GatewayError(f"{where}: a {given['type']} at {given['address']} ends beyond {LAST}; correct the address")
    return Register(**given)


def _is_number(value):
    return type(value) in (int, float) and abs(value) < 1e12


_RULES = (
    ("name", lambda value: isinstance(value, str) and 0 < len(value) <= 64, "what the maker's manual calls it"),
    ("function", lambda value: value in FUNCTIONS, '"holding" or "input"'),
    ("address", lambda value: type(value) is int and 0 <= value <= LAST, "the address on the wire, 0 to 65535"),
    ("type", lambda value: value in TYPES, "one of " + ", ".join(TYPES)),
    ("byte_order", lambda value: value in ORDERS, '"big" or "little"'),
    ("word_order", lambda value: value in ORDERS, '"big" or "little"'),
    ("scale", lambda value: _is_number(value) and value != 0, "a number other than 0"),
    ("offset", _is_number, "a number"),
    ("channel", lambda value: value in BY_NAME, "a channel of docs/interfaces.md"),
    ("unit", lambda value: isinstance(value, str), "the channel's unit"),
)


def value_of(register, words):
    """The value in the channel's unit of the register's 16-bit words, or None when they are no number."""
    words = list(words) if register.word_order == "big" else list(reversed(words))
    order = ">H" if register.byte_order == "big" else "<H"
    raw = b"".join(struct.pack(order, word) for word in words)
    number = struct.unpack(">" + TYPES[register.type][0], raw)[0]
    value = number * register.scale + register.offset
    return value if abs(value) < float("inf") else None


def spans(registers):
    """[(function, first address, count, [Register])]: neighbours are asked for at once, nothing else is asked for."""
    found = []
    for register in sorted(registers, key=lambda one: (one.function, one.address)):
        size = TYPES[register.type][1]
        if found:
            function, first, count, inside = found[-1]
            end = register.address + size - first
            if function == register.function and register.address <= first + count and end <= MOST:
                found[-1] = (function, first, max(count, end), [*inside, register])
                continue
        found.append((register.function, register.address, size, [register]))
    return found
