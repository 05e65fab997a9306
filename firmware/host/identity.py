"""Who this computer is: identity.json as `collector terminal host` wrote it, and the CA beside it."""

import os
import ssl
from binascii import unhexlify
from collections import namedtuple
from pathlib import Path

from firmware.host.errors import HostError
from firmware.protocol.identity import identity_in

SCHEMA = 1
SECRET_SIZE = 32
ROADS = ("mqtt", "http")
PRIVATE = 0o077

Identity = namedtuple("Identity", ("terminal_id", "secret", "first_boot_no", "gateways", "ca", "settings"))
# ca: the site's authority, DER; settings: those of config.py
Gateway = namedtuple("Gateway", ("gateway_id", "host", "port", "server_name", "road"))


def read_identity(settings):
    """The Identity that settings["identity"] names. Raises HostError, whose text shows no secret."""
    path = Path(settings["identity"])
    try:
        if os.name == "posix" and path.stat().st_mode & PRIVATE:
            raise HostError(f"{path} may be read by others; run `chmod 600 {path}`")
        return _identity(path, identity_in(path.read_text(encoding="utf-8")), settings)
    except OSError as error:
        text = f"{error.filename} cannot be read: {error.strerror}; bring what `collector terminal host` wrote"
        raise HostError(text) from error
    except KeyError as error:
        raise HostError(f"{path} lacks {error.args[0]}; make it anew with `collector terminal host`") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise HostError(f"{path} is damaged: {error}; make it anew with `collector terminal host`") from error


def _identity(path, found, settings):
    if found["schema"] != SCHEMA:
        raise ValueError(f"schema {found['schema']!r}, ours is {SCHEMA}")
    try:
        secret = unhexlify(found["secret"])
    except (ValueError, TypeError):
        secret = b""
    if len(secret) != SECRET_SIZE:
        raise ValueError(f"secret is not {2 * SECRET_SIZE} hexadecimal characters")
    gateways = [_gateway(one) for one in found["gateways"]]
    if not gateways or not found["terminal_id"]:
        raise ValueError("gateways or terminal_id is empty")
    ca = (path.parent / found["ca"]).read_bytes()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=ca)
    except ssl.SSLError:
        raise ValueError(f"its CA {found['ca']} is no certificate") from None
    return Identity(found["terminal_id"], secret, int(found["first_boot_no"]), gateways, ca, settings)


def _gateway(one):
    road = one.get("road", ROADS[0])
    if road not in ROADS:
        raise ValueError(f"road {road!r} of {one['gateway_id']} is none of {', '.join(ROADS)}")
    return Gateway(one["gateway_id"], one["host"], one["port"], one["server_name"], road)
