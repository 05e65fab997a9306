"""What time it is, and whether anybody vouches for it: NTP, or the collector's own answer."""

import ctypes
import functools
import logging
import time

TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized
UNSYNCHRONIZED = 0x40  # STA_UNSYNC
log = logging.getLogger("gateway")

ROUND_TRIP_MS = 5_000  # an answer that took longer says too little about the time
JUMP_MS = 60_000  # no clock that is kept drifts so far from another


class _Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)) and room for its rest."""

    _fields_ = [("modes", ctypes.c_uint)]
    _fields_ += [(name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")]
    _fields_ += [("status", ctypes.c_int), ("rest", ctypes.c_byte * 256)]


@functools.cache
def _adjtimex():
    """The system's function, or None where there is none."""
    try:
        return ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None


def ntp_vouches():
    """Whether the system keeps its clock by NTP. False where it cannot be told.

    The kernel forgets it when somebody sets the clock by hand; the file of systemd-timesyncd stays, and is not asked.
    """
    adjtimex = _adjtimex()
    if adjtimex is None:
        return False
    timex = _Timex()
    return 0 <= adjtimex(ctypes.byref(timex)) < TIME_ERROR and not timex.status & UNSYNCHRONIZED


class Clock:
    """The gateway's time. `wall_ms`, `steady_ms` and `vouched` may be replaced by a test's own.

    What is counted from the steady clock: a system clock that jumps moves nothing of it. Whoever vouched first gives
    the offset, every answer of the collector gives it anew; a system clock that has left it by more than a minute is
    believed again when the collector says the same.
    """

    def __init__(self, wall_ms=None, steady_ms=None, vouched=ntp_vouches):
        self._wall_ms = wall_ms or (lambda: time.time_ns() // 1_000_000)
        self.steady_ms = steady_ms or (lambda: time.monotonic_ns() // 1_000_000)
        self._vouched = vouched
        self._offset_ms = None  # the time of day minus our steady clock, as it was proved last
        self._heard = False  # whether the collector has said so
        self._jumped, self.jumps = False, 0  # whether the system clock has left it, and how often it did

    def hear(self, server_ms, asked_ms, answered_ms):
        """Learn from an answer of the collector; `asked_ms`, `answered_ms` are steady times around the request."""
        if isinstance(server_ms, int) and 0 <= answered_ms - asked_ms <= ROUND_TRIP_MS:
            self._offset_ms, self._heard = server_ms - (asked_ms + answered_ms) // 2, True

    def proved_ms(self):
        """Milliseconds since 1970 UTC, or None while nobody vouches for them."""
        steady_ms = self.steady_ms()
        if self._vouched():
            wall_ms = self._wall_ms()
            if self._offset_ms is None:
                self._offset_ms = wall_ms - steady_ms
            if abs(self._ahead(wall_ms, steady_ms)) <= JUMP_MS:
                self._jumped = False
                return wall_ms
            self._note_jump(self._ahead(wall_ms, steady_ms))
        return self._offset_ms + steady_ms if self._heard else None

    def _ahead(self, wall_ms, steady_ms):
        return wall_ms - steady_ms - self._offset_ms

    def _note_jump(self, ahead_ms):
        if not self._jumped:
            self.jumps += 1
            log.error(
                "the system clock is %+d s from the time that was proved; it counts for nothing until both agree: "
                "look at NTP",
                round(ahead_ms / 1000),
            )
        self._jumped = True

    def offset_ms(self):
        """By how much the collector's clock is ahead of the system's, or None before it was heard."""
        return -self._ahead(self._wall_ms(), self.steady_ms()) if self._heard else None

    def now_ms(self):
        """Milliseconds since 1970 UTC as well as we know: for stamps of our own, never for a terminal."""
        proved_ms = self.proved_ms()
        if proved_ms is not None:
            return proved_ms
        return self._wall_ms() if self._offset_ms is None else self._offset_ms + self.steady_ms()
