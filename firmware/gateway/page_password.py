"""The password of the page where it is served beyond this machine: a scrypt hash, and pauses for who guesses."""

import base64
import binascii
import hashlib
import hmac
import json
import os
import threading
import time
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.gateway.files import write_private

FILE = "page_password.json"
COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and a tenth of a second on a Raspberry Pi
SHORTEST = 12
FREE = 5  # wrong guesses of an address before it has to wait
WAIT_MOST_S = 900
ADDRESSES_MOST = 1024
ADMITTED, UNKNOWN, TOO_MANY = "admitted", "unknown", "too many"


def keep(state, password):
    """Set the password. Raises GatewayError when it is too short or cannot be kept."""
    if len(password) < SHORTEST:
        raise GatewayError(f"the password has {len(password)} characters; take at least {SHORTEST}")
    salt = os.urandom(16)
    kept = {"salt": salt.hex(), "hash": hashlib.scrypt(password.encode(), salt=salt, **COST).hex()}
    try:
        write_private(Path(state) / FILE, json.dumps(kept).encode())
    except OSError as error:
        raise GatewayError(f"{Path(state) / FILE} cannot be written: {error.strerror}; free the disk") from error


class Guard:
    """Who may see the page. Raises GatewayError when no password is set. For any thread."""

    def __init__(self, state, now_s=time.monotonic):
        self._path, self._now_s, self._lock = Path(state) / FILE, now_s, threading.Lock()
        self._wrong, self._key, self._known = {}, os.urandom(32), None  # wrong: {address: (guesses, until s)}
        self._kept()

    def judge(self, header, address):
        """ADMITTED, UNKNOWN or TOO_MANY, for an Authorization header from an address. Raises GatewayError."""
        with self._lock:  # one guess at a time: each costs memory
            guesses, until_s = self._wrong.get(address, (0, 0.0))
            if self._now_s() < until_s:
                return TOO_MANY
            if not header:
                return UNKNOWN
            kept = self._kept()
            mark = hmac.digest(self._key, json.dumps([kept, header]).encode(), "sha256")
            if self._known and hmac.compare_digest(self._known, mark):
                return ADMITTED
            if self._right(kept, _password_in(header)):
                self._known = mark
                self._wrong.pop(address, None)
                return ADMITTED
            self._note_wrong(address, guesses + 1)
            return UNKNOWN

    @staticmethod
    def _right(kept, password):
        found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(kept["salt"]), **COST)
        return hmac.compare_digest(found, bytes.fromhex(kept["hash"]))

    def _note_wrong(self, address, guesses):
        self._wrong.pop(address, None)
        if len(self._wrong) >= ADDRESSES_MOST:
            del self._wrong[next(iter(self._wrong))]
        wait_s = min(2 ** min(guesses - FREE, 16), WAIT_MOST_S) if guesses >= FREE else 0
        self._wrong[address] = (guesses, self._now_s() + wait_s)

    def _kept(self):
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return {name: kept[name] for name in ("salt", "hash") if bytes.fromhex(kept[name])}
        except FileNotFoundError:
            text = "page.host is not loopback and no password is set; run: python -m firmware.gateway password"
            raise GatewayError(text) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            text = f"{self._path} is damaged ({type(error).__name__}); run: python -m firmware.gateway password"
            raise GatewayError(text) from None


def _password_in(header):
    """The password of a Basic authorization; empty when there is none."""
    kind, _space, said = header.partition(" ")
    try:
        text = base64.b64decode(said, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        text = ""
    return text.partition(":")[2]
