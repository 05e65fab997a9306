"""The terminals assigned to this gateway, each with the key it may hold; kept, so that a start needs no collector."""

import json
import logging
import re
from pathlib import Path

from firmware.gateway.files import write_private

log = logging.getLogger("gateway")
OWN_USER = "gateway"  # our own name at the broker, never a terminal's
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # it goes into topics and into a broker's files
KEY_SIZE = 32


class KeyTable:
    """{terminal id: 32-byte key}, live: whoever holds the table sees a change at once."""

    def __init__(self, state, gateway_id):
        self._path, self._gateway_id = Path(state) / "terminals.json", gateway_id
        self._keys = self._read()

    def get(self, terminal_id):
        """The key of a terminal, or None when it is not ours."""
        return self._keys.get(terminal_id)

    def ids(self):
        """All terminal ids, in order."""
        return sorted(self._keys)

    def take(self, rows):
        """Replace the table by rows {"terminal_id", "key"}; whether anything changed. An impossible row is left out."""
        keys = {}
        for row in rows:
            terminal_id, key = _read_row(row)
            if key is None:
                log.warning("terminal %.80r is left out: its id or key is impossible; check the collector", terminal_id)
            else:
                keys[terminal_id] = key
        if keys == self._keys:
            return False
        self._keys = keys
        kept = {"gateway_id": self._gateway_id, "keys": {name: key.hex() for name, key in keys.items()}}
        try:
            write_private(self._path, json.dumps(kept).encode())
        except OSError as error:
            log.error("%s cannot be written: %s; free the disk", self._path, error.strerror)
        return True

    def _read(self):
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["gateway_id"] != self._gateway_id:
                return {}
            return {terminal_id: bytes.fromhex(key) for terminal_id, key in kept["keys"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s is damaged (%s); the keys come from the collector again", self._path, type(error).__name__)
            return {}


def _read_row(row):
    try:
        terminal_id, key = row["terminal_id"], bytes.fromhex(row["key"])
        good = ID.fullmatch(terminal_id) and terminal_id != OWN_USER and len(key) == KEY_SIZE
    except (KeyError, TypeError, ValueError):
        return str(row)[:20] if not isinstance(row, dict) else row.get("terminal_id"), None
    return terminal_id, key if good else None
