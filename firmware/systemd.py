"""What systemd is told of a program of ours: ready, still alive, stopping (sd_notify). Without systemd, nothing.

Source: sd_notify(3): datagrams of NAME=VALUE to the Unix socket that NOTIFY_SOCKET names; WATCHDOG_USEC is the time
within which it must hear of us.
"""

import logging
import os
import socket
import time

log = logging.getLogger("systemd")


class Notice:
    """One for a program; it reads the environment when it is made."""

    def __init__(self, environ=os.environ):
        path = environ.get("NOTIFY_SOCKET", "")
        self._path = "\0" + path[1:] if path.startswith("@") else path
        meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.every_s = int(environ.get("WATCHDOG_USEC", 0)) / 2_000_000 if self._path and meant else 0
        self._due_s = (
            0.0  # every_s: seconds between two signs of life, half the time that is allowed; 0: none are wanted
        )

    def ready(self):
        """It listens; others may start."""
        self._say("READY=1")

    def alive(self):
        """The main loop turns. May be called as often as it likes."""
        if self.every_s and time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + self.every_s
            self._say("WATCHDOG=1")

    def stopping(self):
        """It was asked to end and is doing so."""
        self._say("STOPPING=1")

    def _say(self, text):
        if not self._path:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.connect(self._path)
                line.send(text.encode())
        except OSError as error:
            log.warning("systemd is not told %s: %s", text, error)
