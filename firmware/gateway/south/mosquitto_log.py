"""Refusals of a mosquitto, read from its log: it tells them nowhere else."""

import asyncio
import logging
import os
import re
from pathlib import Path

from firmware.gateway.south.access import SUBSCRIBE

log = logging.getLogger("gateway")

LOOK_EVERY_S = 0.5
LONGEST = 4 * 1024 * 1024  # then it is emptied
AT_ONCE = 1024 * 1024  # characters of one look: a flood fills the log faster than it need be known
DAILY = ("Received ", "Sending ")  # how lines of ordinary traffic begin
_LOGIN = re.compile(r"Client (\S+) disconnected, not authori[sz]ed")
_DENIED = re.compile(r"Denied PUBLISH from (\S+) ")
_SUBSCRIBED = re.compile(r"(?:^|: )(\S+) [012] (\S+)$")
UNNAMED = "<unknown>"  # a log-in mosquitto refused before it took its name


def refusal_in(line, may_subscribe):
    """(user, what was refused) of a line of the log, or None. `may_subscribe(user, topic)`: our own rules.

    Mosquitto grants any subscription and then delivers nothing; the rules say which of them was none.
    """
    if line.partition(": ")[2].startswith(DAILY):  # nearly all of them: a pattern would cost more than a message
        return None
    if found := _LOGIN.search(line):
        return "" if found[1] == UNNAMED else found[1], "log-in"
    if found := _DENIED.search(line):
        return found[1], "publish elsewhere"
    found = _SUBSCRIBED.search(line)
    if found and not may_subscribe(found[1], found[2]):
        return found[1], f"subscribe {found[2][:80]}"
    return None


class MosquittoLog:
    """Follows a log from its present end. `refused(user, text)` is told."""

    def __init__(self, path, access, refused):
        self._path, self._access, self._refused = Path(path), access, refused
        self._at, self._rest = None, ""

    async def follow(self):
        """For ever."""
        while True:
            try:
                for line in await asyncio.to_thread(self._lines):
                    if found := refusal_in(line, lambda user, topic: self._access.may(user, SUBSCRIBE, topic)):
                        self._refused(*found)
            except OSError as error:
                log.debug("mosquitto's log %s: %s", self._path, error)
            await asyncio.sleep(LOOK_EVERY_S)

    def _lines(self):
        """What is new in it. Raises OSError."""
        size = self._path.stat().st_size
        if self._at is None or size < self._at:
            self._at, self._rest = (size if self._at is None else 0), ""
        with open(self._path, encoding="utf-8", errors="replace") as file:
            file.seek(self._at)
            *lines, self._rest = (self._rest + file.read(AT_ONCE)).split("\n")
            self._at = file.tell()
        if self._at > LONGEST:
            os.truncate(self._path, 0)
            self._at = 0
        return lines
