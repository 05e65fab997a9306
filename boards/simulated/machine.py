"""`machine` as on a chip, on MicroPython's unix port: pins, I2C to the simulated chips, watchdog, clock, reset."""

import json
import os
import sys
import time

from umachine import *

PWRON_RESET, HARD_RESET, WDT_RESET = 1, 2, 3
moment = (2000, 1, 1, 5, 0, 0, 0, 0)  # what the chip's clock says: it wakes in 2000


def reset(cause=HARD_RESET):
    """End the process with the status that asks run.py to start the board again."""
    sys.exit(69 + cause)


def bootloader(_timeout_ms=0):
    """End the process with the status that means: the chip's loader runs, nothing of ours does."""
    sys.exit(74)


def reset_cause():
    """Why the board started, as run.py tells."""
    return int(os.getenv("GANTRY_RESET_CAUSE") or PWRON_RESET)


def unique_id():
    """Eight bytes from the folder the board lives in."""
    return ("gantry" + os.getcwd())[-8:].encode()


class Pin:
    """A pin. Each level it is set to is a line of pins.log: milliseconds, pin, level. `held` of simulated.json names
    the pins whose button is held: those read 0."""

    IN, OUT, PULL_UP = 0, 1, 1

    def __init__(self, number, mode=IN, pull=None):
        self._number = number

    def value(self, level=None):
        """Set or get the level."""
        if level is None:
            with open("simulated.json") as file:
                return int(self._number not in json.load(file).get("held", ()))
        with open("pins.log", "a") as log:
            print(time.ticks_ms(), self._number, level, file=log)


class I2C:
    """The one bus there is, whatever its number and pins; how it is asked stands in bus.py."""

    _line = None

    def __init__(self, number=0, *, scl=None, sda=None, freq=400000):
        I2C.line()

    @classmethod
    def line(cls):
        """What leads to the world outside the interpreter."""
        if I2C._line is None:
            I2C._line = open(int(os.getenv("GANTRY_BUS")), "r+b")
        return I2C._line

    def scan(self):
        """Nothing, as on boards whose hardware cannot send the empty write a scan is made of."""
        return []

    def writeto(self, address, buffer, stop=True):
        """Write; the number of bytes taken. Raises OSError(EIO)."""
        self._ask(b"W", address, len(buffer), buffer)
        return len(buffer)

    def readfrom_into(self, address, buffer, stop=True):
        """Fill the buffer. Raises OSError(EIO)."""
        self._ask(b"R", address, len(buffer), b"")
        self._line.readinto(buffer)

    def _ask(self, operation, address, count, data):
        self._line.write(operation + bytes((address, count)) + data)
        status = self._line.read(1)[0]
        if status:
            raise OSError(status)


class WDT:
    """A watchdog. It bites when it is fed too late; who ends a board that never feeds it again is run.py."""

    def __init__(self, id=0, timeout=5000):
        self._timeout_ms, self._fed_ms, self._told_ms = timeout, time.ticks_ms(), None
        self._line, self._word = I2C.line(), bytes((0x44, timeout >> 8, timeout & 0xFF))
        self.feed()

    def feed(self):
        """Put it off by its timeout."""
        now_ms = time.ticks_ms()
        if time.ticks_diff(now_ms, self._fed_ms) > self._timeout_ms:
            reset(WDT_RESET)
        self._fed_ms = now_ms
        if self._told_ms is None or time.ticks_diff(now_ms, self._told_ms) > self._timeout_ms // 8:
            self._told_ms = now_ms
            self._line.write(self._word)
            self._line.read(1)


def __getattr__(name):
    """What few ask for, or once. It is loaded for them and forgotten: a chip takes no memory of its program for it."""
    import machine_more

    sys.modules.pop("machine_more", None)
    return getattr(machine_more, name)
