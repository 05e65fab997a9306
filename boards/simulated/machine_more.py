"""What `machine` holds beside that: converter and clock of the chip. Loaded when asked for."""

import machine
from machine import I2C


class ADC:
    """A pin that converts: 12 bits spread over 16, as RP2 boards do. Raises ValueError for a pin that cannot."""

    def __init__(self, pin):
        if pin not in range(26, 30):
            raise ValueError("pin %r has no ADC: 26 to 29 have" % (pin,))
        self._pin, self._answer = pin, bytearray(3)
        self._line = I2C.line()

    def read_u16(self):
        """One conversion."""
        self._line.write(bytes((0x41, self._pin, 0)))
        self._line.readinto(self._answer)
        return self._answer[1] << 8 | self._answer[2]


class RTC:
    """The clock of the chip, which stands still here: it says what it was set to."""

    def datetime(self, moment=None):
        """Set or get (year, month, day, weekday, hour, minute, second, part)."""
        if moment is None:
            return machine.moment
        machine.moment = moment
