"""The successor of our root secret: made by command, beside the old one until a gateway has proved itself under it.

identity.json stays as the flasher wrote it; what became of its secret stands in a file of its own, replaced whole.
Loaded when it is needed and forgotten again: memory is for readings.
"""

import os
import sys
from binascii import hexlify, unhexlify
from hashlib import sha256

from firmware.protocol.identity import identity_in, identity_text
from firmware.protocol.seal import hkdf

FILE = "secret.json"
NONCE = 32


def secrets_of(own):
    """The secrets that count, the newest first: `own`, of identity.json, until it was replaced.

    A file about another secret than `own` was here before this terminal was provisioned again: it counts for nothing.
    Raises ValueError when the file is damaged.
    """
    found = _kept()
    if found.get("of") != _mark(own):
        return [own]
    return [unhexlify(found[name]) for name in ("new", "old") if name in found]


def rotate(proved, number, nonce):
    """Keep the successor of the secret under which the gateway proved itself, both of which count from the next start.

    `number` is the command's. Raises ValueError when `nonce` is no 32 bytes.
    """
    if len(nonce) != NONCE:
        raise ValueError("nonce is not %d bytes" % NONCE)
    found, old = _kept(), hexlify(proved).decode()
    of = found["of"] if old in (found.get("new"), found.get("old")) else _mark(proved)
    new = hexlify(hkdf(proved, b"gantry rotate" + nonce)).decode()
    _keep({"of": of, "number": number, "new": new, "old": old})


def rotated(number):
    """Whether the command of that number has been done, also when its result was never written down."""
    try:
        return _kept().get("number") == number
    except ValueError:  # damaged since the start
        return False


def settle(link):
    """The gateway has proved itself on `link`: under the new secret, then the old one counts no more."""
    found = _kept()
    if found["new"] == hexlify(link.secret).decode():
        del found["old"]
        try:
            _keep(found)
            link.secrets[:] = [link.secret]
            print("rotated: the old secret is gone")
        except OSError as error:  # the flash takes nothing: at the next proof again
            print("rotated, but the old secret stays:", error)
    del sys.modules["firmware.terminal"].rotation, sys.modules[__name__]


def _mark(secret):
    return hexlify(sha256(secret).digest()[:8]).decode()


def _kept():
    try:
        with open(FILE) as file:
            return identity_in(file.read())
    except OSError:  # it was never replaced
        return {}


def _keep(found):
    with open(FILE + ".new", "w") as file:
        file.write(identity_text(found))
    os.rename(FILE + ".new", FILE)
