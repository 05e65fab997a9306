"""What time it is, and whether anybody vouches for it: NTP, or the collector's own answer."""

import ctypes
import time
from pathlib import Path

SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized
UNSYNCHRONIZED = 0x40  # STA_UNSYNC
ROUND_TRIP_MS = 5_000  # an answer that took longer says too little about the time


class _Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)) and room for its rest."""

    _fields_ = [("modes", ctypes.c_uint)]
    _fields_ += [(name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")]
    _fields_ += [("status", ctypes.c_int), ("rest", ctypes.c_byte * 256)]


def ntp_vouches():
    """Whether the system keeps its clock by NTP. False where it cannot be told."""
    if SYNCHRONIZED.exists():
        return True
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return False
    timex = _Timex()
    return 0 <= adjtimex(ctypes.byref(timex)) < TIME_ERROR and not timex.status & UNSYNCHRONIZED


class Clock:
    """The gateway's time. `wall_ms`, `steady_ms` and `vouched` may be replaced by a test's own."""

    def __init__(self, wall_ms=None, steady_ms=None, vouched=ntp_vouches):
        self._wall_ms = wall_ms or (lambda: time.time_ns() // 1_000_000)
        self.steady_ms = steady_ms or (lambda: time.monotonic_ns() // 1_000_000)
        self._vouched = vouched
        self._offset_ms = None  # the collector's clock minus our steady one

    def hear(self, server_ms, asked_ms, answered_ms):
        """Learn from an answer of the collector; `asked_ms`, `answered_ms` are steady times around the request."""
        if isinstance(server_ms, int) and answered_ms - asked_ms <= ROUND_TRIP_MS:
            self._offset_ms = server_ms - (asked_ms + answered_ms) // 2

    def proved_ms(self):
        """Milliseconds since 1970 UTC, or None while nobody vouches for them."""
        if self._vouched():
            return self._wall_ms()
        return None if self._offset_ms is None else self._offset_ms + self.steady_ms()

    def now_ms(self):
        """Milliseconds since 1970 UTC as well as we know: for stamps of our own, never for a terminal."""
        proved_ms = self.proved_ms()
        return self._wall_ms() if proved_ms is None else proved_ms
