"""`machine` as on a chip, on MicroPython's unix port: pins, I2C to the simulated chips, watchdog, clock, reset.

It lives in the firmware's own memory, so it is as small as can be: what can stand outside stands in bus.py.
"""

import os
import sys
import time

LINE = os.getenv("GANTRY_BUS") and open(int(os.getenv("GANTRY_BUS")), "r+b")  # where nothing is played, None
PWRON_RESET, HARD_RESET, WDT_RESET = 1, 2, 3
moment = (2000, 1, 1, 5, 0, 0, 0, 0)  # what the chip's clock says: it wakes in 2000


def reset(cause=HARD_RESET):
    """End the process with the status, 71 or 72, upon which run.py starts the board again."""
    raise SystemExit(69 + cause)


def reset_cause():
    """Why the board started, as run.py tells."""
    return int(os.getenv("GANTRY_RESET_CAUSE") or PWRON_RESET)


def ask(words, answer=None):
    """Fill what the world outside the interpreter answers, as bus.py says. Raises OSError as it says."""
    LINE.write(words)
    status = LINE.read(1)[0]
    if status:
        raise OSError(status)
    if answer:
        LINE.readinto(answer)


class I2C:
    """The one bus there is, whatever its number and pins."""

    def __init__(self, number=0, *, scl=None, sda=None, freq=400000):
        pass

    def scan(self):
        """Nothing, as on boards whose hardware cannot send the empty write a scan is made of."""
        return []

    def writeto(self, address, buffer, stop=True):
        """Write. Raises OSError(EIO)."""
        ask(bytes((0x57, address, len(buffer))) + buffer)

    def readfrom_into(self, address, buffer, stop=True):
        """Fill the buffer. Raises OSError(EIO)."""
        ask(bytes((0x52, address, len(buffer))), buffer)


class WDT:
    """A watchdog. It hears of being fed eight times a second at most; run.py ends a board that feeds it too late."""

    def __init__(self, id=0, timeout=5000):
        self._word, self._told = bytes((0x44, timeout >> 8, timeout & 0xFF)), None
        self.feed()

    def feed(self):
        """Put it off by its timeout."""
        moment = time.ticks_ms() >> 7
        if moment != self._told:
            self._told = moment
            ask(self._word)


def __getattr__(name):
    """What few ask for, or once. It is loaded for them and forgotten: a chip takes no memory of its program for it."""
    import machine_more

    sys.modules.pop("machine_more", None)
    return getattr(machine_more, name)
