"""What `machine` holds beside that: loader, pins, converter and clock of the chip. Loaded when asked for."""

import json
import time

import machine
from machine import ask


def bootloader(_timeout_ms=0):
    """End the process with the status that means: the chip's loader runs, nothing of ours does."""
    raise SystemExit(74)


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


class ADC:
    """A pin that converts: 12 bits spread over 16, as RP2 boards do. Raises ValueError for a pin that cannot."""

    def __init__(self, pin):
        if pin not in range(26, 30):
            raise ValueError("pin %r has no ADC: 26 to 29 have" % (pin,))
        self._pin, self._answer = pin, bytearray(2)

    def read_u16(self):
        """One conversion."""
        ask(bytes((0x41, self._pin, 0)), self._answer)
        return self._answer[0] << 8 | self._answer[1]


class RTC:
    """The clock of the chip, which stands still here: it says what it was set to."""

    def datetime(self, moment=None):
        """Set or get (year, month, day, weekday, hour, minute, second, part)."""
        if moment is None:
            return machine.moment
        machine.moment = moment
