"""The board's one light: which pattern says what to whoever stands before the cabinet. It never waits.

A pattern is sixteen looks of a quarter of a second, the lowest bit first, again and again: no look is as short as the
longest step of a sensor, so that none is left out.
"""

LOOK_MS, LOOKS = 250, 16
PATTERNS = {
    "working": 0x0001,
    "no network": 0x0005,
    "not proved": 0x0015,
    "untrusted": 0x0055,
    "unprovisioned": 0x00FF,
    "safe mode": 0x7FFF,
    "update": 0x3333,
    "identify": 0x5555,
}


class Led:
    """`pin` is lit as `name` says, or `always` where that is set; without a pin it keeps dark."""

    pin = always = _level = _over = None
    name = "no network"
    _look = _until = 0

    def over(self, name, seconds):
        """Show a pattern for a while over the one that stands."""
        self._over, self._until = name, self._look + seconds * 1000 // LOOK_MS

    def tend(self, now_ms):
        """Set the level that is due; the pin is touched only when it changes."""
        look = self._look = now_ms // LOOK_MS
        name = self._over if look < self._until else self.always or self.name
        level = PATTERNS[name] >> look % LOOKS & 1
        if self.pin is not None and level != self._level:
            self._level = level
            self.pin.value(level)


LED = Led()
