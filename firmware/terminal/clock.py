"""Two clocks: uptime, which always runs, and the time of day, which only a proved gateway can tell."""

import time

STEP_MS = 1000  # a correction beyond this is a step
DRIFT_AFTER_MS = 3600000  # between two proofs nearer than this the network's delay would pass for drift


class Clock:
    """`ticks_ms` is the board's counter that wraps; the time of day is uptime and an offset."""

    def __init__(self, ticks_ms=time.ticks_ms):
        self._ticks_ms, self._last = ticks_ms, ticks_ms()
        self._uptime_ms = 0
        self.offset_ms = None
        self.stepped = False  # set by a step; who writes it into a reading clears it
        self.steps = 0
        self._first = self._newest_ms = None  # what was proved first since the start or a step; when last

    def uptime_ms(self):
        """Milliseconds since the start. To be asked at least once in six days, or the counter laps it."""
        ticks = self._ticks_ms()
        self._uptime_ms += time.ticks_diff(ticks, self._last)
        self._last = ticks
        return self._uptime_ms

    def set(self, ts_ms):
        """Take a proved time. A step of more than a second, either way, is remembered for the reading it falls into."""
        uptime_ms = self.uptime_ms()
        offset_ms = ts_ms - uptime_ms
        if self.offset_ms is not None and abs(offset_ms - self.offset_ms) > STEP_MS:
            self.stepped, self._first = True, None
            self.steps += 1
        self._first = self._first or (uptime_ms, offset_ms)
        self.offset_ms, self._newest_ms = offset_ms, uptime_ms

    def drift_ppm(self):
        """Parts per million by which the board's counter is slow (below 0: fast) against what gateways proved.

        None until the first and the newest proof since the start or the last step lie an hour apart.
        """
        if self._first is None or self._newest_ms - self._first[0] < DRIFT_AFTER_MS:
            return None
        return round((self.offset_ms - self._first[1]) * 1000000 / (self._newest_ms - self._first[0]))

    def at(self, uptime_ms):
        """The time of day in ms at an uptime, or None while no time was proved in this boot."""
        return None if self.offset_ms is None else uptime_ms + self.offset_ms
