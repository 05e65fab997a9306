"""What is the same for all terminals of a place, from one file: gateways, authority, Wi-Fi, collector. TOML.

Neither the Wi-Fi key nor a token stands in it: it names files that hold them, or they are asked for without echo.
"""

import json
import os
import tomllib
from collections import namedtuple
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from flasher.board import FOLDER
from flasher.errors import FlasherError

Site = namedtuple("Site", ("gateways", "ca", "wifi", "collector", "firmware"))
# gateways: [{gateway_id, host, port, server_name}]; ca: DER; wifi: {ssid, key} or None
# collector: {url, ca, token_file} or None; firmware: {image, keys} or None, files
GATEWAY = {"gateway_id": str, "host": str, "port": int, "server_name": str}
CLIMATE = {"kind": "sht4x", "address": 0x44}
LOOP = {"kind": "loop_4_20ma", "address": 0x40, "shunt_ohm": 10.0, "full_scale_a": 100.0}
CLAMP = {"kind": "current_clamp", "full_scale_a": 100.0, "full_scale_v": 1.0}  # its pin is the board's clamp_adc
DC = {"kind": "ina219", "address": 0x40, "shunt_ohm": 0.1}
KITS = {
    "climate": (CLIMATE,),
    "loop": (LOOP,),
    "climate-loop": (CLIMATE, LOOP),
    "clamp": (CLAMP,),
    "climate-clamp": (CLIMATE, CLAMP),
    "dc": (DC,),
}
GAIN_LEAST, GAIN_MOST = 0.5, 2.0


def read_site(file, ask=None):
    """The Site of a file; paths in it are beside it. Raises FlasherError naming what is wrong in which line's name.

    `ask(words)`: a secret from the technician, when the file names no file for it.
    """
    file = Path(file)
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FlasherError(f"{file} cannot be read: {error}") from error
    gateways = said.get("gateways")
    if not isinstance(gateways, list) or not gateways:
        raise FlasherError(f"{file}: [[gateways]] is missing; a terminal trusts only gateways it is told")
    for number, gateway in enumerate(gateways, 1):
        for name, kind in GATEWAY.items():
            if not isinstance(gateway.get(name), kind) or not gateway[name]:
                raise FlasherError(f"{file}: gateway {number} has {name} {gateway.get(name)!r}; give a {kind.__name__}")
    gateways = [{name: gateway[name] for name in GATEWAY} for gateway in gateways]
    ca = _certificate(_beside(file, said.get("ca"), "ca"))
    return Site(gateways, ca, _wifi(file, said.get("wifi"), ask), _collector(file, said), _firmware(file, said))


def sensors_of(kit, changed=None, calibration=None, pin=None):
    """The sensors of a kit for the identity.

    `changed`: {name: number} such as full_scale_a; `calibration`: [[measured, true], [measured, true]] of the current;
    `pin`: the board's for an AC clamp. Raises FlasherError for what the kit does not have or makes no sense.
    """
    if kit not in KITS:
        raise FlasherError(f"the kit {kit!r} is none of {', '.join(KITS)}")
    sensors = [dict(sensor) for sensor in KITS[kit]]
    meter = next((sensor for sensor in sensors if "full_scale_a" in sensor or "shunt_ohm" in sensor), {})
    for name, value in (changed or {}).items():
        if name not in meter:
            raise FlasherError(f"the kit {kit!r} measures no current that has a {name}: it has no place there")
        if not value > 0:
            raise FlasherError(f"{name} is {value}; give a number above 0")
        meter[name] = value
    if calibration:
        if not meter:
            raise FlasherError(f"the kit {kit!r} measures no current: a calibration has no place in it")
        meter["calibration"] = checked(calibration)
    if meter.get("kind") == CLAMP["kind"]:
        meter["pin"] = pin
    return sensors


def checked(points):
    """The two points of a calibration. Raises FlasherError when they make no line a meter can have."""
    try:
        (low, low_true), (high, high_true) = ([float(number) for number in point] for point in points)
        gain = (high_true - low_true) / (high - low)
    except (TypeError, ValueError) as error:
        raise FlasherError(f"the calibration {points!r} is not two pairs of numbers, measured and true") from error
    except ZeroDivisionError as error:
        raise FlasherError(
            "the calibration has the same measured value twice; measure at two that lie apart"
        ) from error
    if not GAIN_LEAST <= gain <= GAIN_MOST:
        raise FlasherError(f"the calibration makes a gain of {gain:.3g}; a meter that far off is broken or wired wrong")
    return [[low, low_true], [high, high_true]]


def pins_of(board):
    """(i2c pins, led, settings that follow from the board's size) as boards/<BOARD>/board.json says."""
    said = json.loads((FOLDER / board / "board.json").read_text(encoding="utf-8"))
    sizes = {name: said[name] for name in ("outbox_bytes", "watchdog_ms") if said.get(name)}
    return said["i2c"], said["led"], sizes


def clamp_pin(board):
    """The pin of a board that converts the AC clamp's voltage."""
    return json.loads((FOLDER / board / "board.json").read_text(encoding="utf-8"))["clamp_adc"]


def secret_in(file):
    """The first line of a file that only its owner may read. Raises FlasherError."""
    try:
        mode = os.stat(file).st_mode
        text = Path(file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except OSError as error:
        raise FlasherError(f"{file} cannot be read: {error.strerror}") from error
    if os.name == "posix" and mode & 0o077:
        raise FlasherError(f"{file} may be read by others; run `chmod 600 {file}`")
    if not text:
        raise FlasherError(f"{file} is empty")
    return text


def asked(words):
    """A secret from the technician, without echo."""
    return click.prompt(words, hide_input=True, err=True)


def _beside(file, name, what):
    if not isinstance(name, str) or not name:
        raise FlasherError(f"{file}: {what} is missing; name a file")
    return file.parent / name


def _certificate(file):
    try:
        content = file.read_bytes()
        pem = content.startswith(b"-----")
        found = x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    except (OSError, ValueError) as error:
        raise FlasherError(f"{file} is no certificate: {error}; `python -m collector ca export --der`") from error
    return found.public_bytes(Encoding.DER)


def _wifi(file, said, ask):
    if said is None:
        return None
    if not isinstance(said.get("ssid"), str):
        raise FlasherError(f"{file}: wifi.ssid is missing")
    if "key" in said:
        raise FlasherError(f"{file}: the Wi-Fi key does not belong here; name a file by wifi.key_file or leave it out")
    if "key_file" in said:
        return {"ssid": said["ssid"], "key": secret_in(_beside(file, said["key_file"], "wifi.key_file"))}
    return {"ssid": said["ssid"], "key": (ask or asked)(f"Key of the Wi-Fi network {said['ssid']}")}


def _collector(file, said):
    found = said.get("collector")
    if found is None:
        return None
    if not str(found.get("url", "")).startswith("https://"):
        raise FlasherError(f"{file}: collector.url is {found.get('url')!r}; it begins with https://")
    paths = {name: _beside(file, found.get(name), f"collector.{name}") for name in ("ca", "token_file")}
    return {"url": found["url"].rstrip("/"), **paths}


def _firmware(file, said):
    found = said.get("firmware")
    return found and {name: _beside(file, found.get(name), f"firmware.{name}") for name in ("image", "keys")}
