"""Who this terminal is: read from identity.json, written once by the flasher, never by us. And its boot number."""

import json
import os
from binascii import unhexlify
from collections import namedtuple

from firmware.protocol.identity import identity_in
from firmware.terminal.config import KEPT, read_settings
from firmware.terminal.rotation import secrets_of

FILE, BOOT_FILE = "identity.json", "boot_no"
SCHEMA = 1
SECRET_SIZE = 32
LAST_BOOT_NO = 2**29 - 1  # boot_no * 2**24 + n stays within 53 bits

Identity = namedtuple(
    "Identity",
    ("terminal_id", "secrets", "first_boot_no", "gateways", "ca", "sensors", "settings", "wifi", "i2c", "led"),
)
# secrets: one, or two while the first replaces the second
# ca: the file with the site's CA as DER, read for the moment of a handshake: memory is for readings
Gateway = namedtuple("Gateway", ("gateway_id", "host", "port", "server_name", "road"))
CABLE = "usb_serial"  # the road that needs no network: no address, no CA
ROADS = ("mqtt", "http", CABLE)  # files of transports/
I2C_PINS = {"bus": 0, "sda": 4, "scl": 5, "frequency_hz": 100000}


class Unprovisioned(Exception):
    """There is no identity that can be used. The text says why, and never shows the secret."""


def read_identity():
    """The Identity in the current folder. Raises Unprovisioned when it is missing or damaged."""
    try:
        with open(FILE) as file:
            return _identity(identity_in(file.read()))
    except OSError:
        raise Unprovisioned("%s or what it names is not here" % FILE)
    except KeyError as error:
        raise Unprovisioned("%s lacks %s" % (FILE, error.args[0]))
    except (ValueError, TypeError, AttributeError) as error:
        raise Unprovisioned("%s is damaged: %s" % (FILE, error))


def _identity(found):
    if found["schema"] != SCHEMA:
        raise ValueError("schema %r, ours is %d" % (found["schema"], SCHEMA))
    try:
        secret = unhexlify(found["secret"])
    except (ValueError, TypeError):
        secret = b""
    if len(secret) != SECRET_SIZE:
        raise ValueError("secret is not %d hexadecimal characters" % (2 * SECRET_SIZE))
    gateways = [_gateway(one) for one in found["gateways"]]
    if not gateways or not found["terminal_id"] or not 0 <= found["first_boot_no"] <= LAST_BOOT_NO:
        raise ValueError("gateways, terminal_id or first_boot_no is empty or out of range")
    if any(gateway.road != CABLE for gateway in gateways):
        os.stat(found["ca"])  # it is there
    return Identity(
        found["terminal_id"],
        secrets_of(secret),
        found["first_boot_no"],
        gateways,
        found.get("ca"),
        found["sensors"],
        _settings(found.get("settings", {})),
        found.get("wifi"),
        dict(I2C_PINS, **found.get("i2c", {})),
        found.get("led"),
    )


def _gateway(one):
    road = one.get("road", ROADS[0])
    if road not in ROADS:
        raise ValueError("road %r of %s is none of %s" % (road, one["gateway_id"], " ".join(ROADS)))
    if road == CABLE:
        return Gateway(one["gateway_id"], None, None, None, road)
    return Gateway(one["gateway_id"], one["host"], one["port"], one["server_name"], road)


def _settings(given):
    """The identity's settings, under those that were changed by command. A damaged change counts for nothing, aloud."""
    own = read_settings(given)
    try:
        with open(KEPT) as file:
            return read_settings(dict(given, **json.load(file)))
    except OSError:  # nothing was changed
        return own
    except (ValueError, TypeError) as error:
        print("settings", KEPT, "damaged:", error)
        return own


def next_boot(first_boot_no):
    """The number of this boot, written down before it is given out, so that it is never given twice.

    Raises Unprovisioned when what is stored cannot be read, or the new one not be kept: a number would be given twice.
    """
    try:
        with open(BOOT_FILE) as file:
            stored = int(file.read())
    except OSError:  # first boot
        stored = 0
    except ValueError:
        raise Unprovisioned("%s is damaged: provision the terminal again" % BOOT_FILE)
    boot_no = max(stored, first_boot_no - 1) + 1
    try:
        with open(BOOT_FILE + ".new", "w") as file:
            file.write(str(boot_no))
        os.rename(BOOT_FILE + ".new", BOOT_FILE)
    except OSError as error:
        raise Unprovisioned("%s cannot be kept: %s" % (BOOT_FILE, error))
    return boot_no
