"""Three clocks: a steady one, the computer's own, which may be wrong, and the time a proved gateway tells."""

import time

STEP_MS = 1000  # a correction beyond this is a step


class Clock:
    """Proved time is the steady clock and an offset. The steady clock goes on while the computer sleeps, on Linux."""

    def __init__(self):
        self._steady = getattr(time, "CLOCK_BOOTTIME", None)
        self.offset_ms = None
        self.stepped = False  # set by a step; who writes it into a reading clears it

    def steady_ms(self):
        """Milliseconds since some instant; only forwards."""
        return time.monotonic_ns() // 1_000_000 if self._steady is None else self._boottime_ms()

    def _boottime_ms(self):
        return time.clock_gettime_ns(self._steady) // 1_000_000

    def own_ms(self):
        """What the computer itself says, in ms since 1970 UTC."""
        return time.time_ns() // 1_000_000

    def set(self, ts_ms):
        """Take a proved time. A step of more than a second, either way, is remembered for the reading it falls into."""
        offset_ms = ts_ms - self.steady_ms()
        self.stepped = self.stepped or (self.offset_ms is not None and abs(offset_ms - self.offset_ms) > STEP_MS)
        self.offset_ms = offset_ms
