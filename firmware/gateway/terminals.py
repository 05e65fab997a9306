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


NONE = (None, None)


class KeyTable:
    """{terminal id: 32-byte key}, live: whoever holds the table sees a change at once.

    While a terminal's secret is being replaced it has a next key too, with the number of that rotation; both count,
    until the terminal has proved itself under the next one.
    """

    def __init__(self, state, gateway_id):
        self._path, self._gateway_id = Path(state) / "terminals.json", gateway_id
        self._keys, self._next = self._read()

    def get(self, terminal_id):
        """The key of a terminal, or None when it is not ours."""
        return self._keys.get(terminal_id)

    def next_of(self, terminal_id):
        """(number, key) of the rotation under way, or (None, None)."""
        return self._next.get(terminal_id, NONE)

    def rotating(self):
        """The ids of terminals that have a next key."""
        return list(self._next)

    def all_of(self, terminal_id):
        """Every key of a terminal that counts now, the newest first."""
        keys = (self._next.get(terminal_id, NONE)[1], self._keys.get(terminal_id))
        return [key for key in keys if key is not None]

    def settle(self, terminal_id, number):
        """The next key counts alone from now on; whether that rotation was still under way."""
        if self.next_of(terminal_id)[0] != number:
            return False
        key = self._next[terminal_id][1]
        rest = {name: one for name, one in self._next.items() if name != terminal_id}
        self._change({**self._keys, terminal_id: key}, rest)
        return True

    def ids(self):
        """All terminal ids, in order."""
        return sorted(self._keys)

    def take(self, rows):
        """Replace the table by the rows of the collector's list; whether anything changed.

        An impossible row is left out. A rotation that is over here stays over, though the collector may not know yet.
        """
        keys, fresh = {}, {}
        for row in rows:
            terminal_id, key, following = _read_row(row)
            if key is None:
                log.warning("terminal %.80r is left out: its id or key is impossible; check the collector", terminal_id)
            elif following[1] is not None and following[1] == self._keys.get(terminal_id):
                keys[terminal_id] = following[1]
            else:
                keys[terminal_id] = key
                fresh.update({terminal_id: following} if following[1] else {})
        if (keys, fresh) == (self._keys, self._next):
            return False
        self._change(keys, fresh)
        return True

    def _change(self, keys, following):
        self._keys, self._next = keys, following
        kept = {
            "gateway_id": self._gateway_id,
            "keys": {name: key.hex() for name, key in keys.items()},
            "next": {name: [number, key.hex()] for name, (number, key) in following.items()},
        }
        try:
            write_private(self._path, json.dumps(kept).encode())
        except OSError as error:
            log.error("%s cannot be written: %s; free the disk", self._path, error.strerror)

    def _read(self):
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["gateway_id"] != self._gateway_id:
                return {}, {}
            keys = {terminal_id: bytes.fromhex(key) for terminal_id, key in kept["keys"].items()}
            following = kept.get("next", {}).items()
            return keys, {terminal_id: (number, bytes.fromhex(key)) for terminal_id, (number, key) in following}
        except FileNotFoundError:
            return {}, {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s is damaged (%s); the keys come from the collector again", self._path, type(error).__name__)
            return {}, {}


def _read_row(row):
    """(terminal id, key, (number, next key)) of a row; the key is None when the row is impossible."""
    try:
        terminal_id, key, following = row["terminal_id"], bytes.fromhex(row["key"]), NONE
        good = ID.fullmatch(terminal_id) and terminal_id != OWN_USER and len(key) == KEY_SIZE
        if row.get("next_key") is not None:
            following = row["rotation"], bytes.fromhex(row["next_key"])
            good = good and type(following[0]) is int and len(following[1]) == KEY_SIZE
    except (KeyError, TypeError, ValueError):
        return str(row)[:20] if not isinstance(row, dict) else row.get("terminal_id"), None, NONE
    return terminal_id, key if good else None, following
