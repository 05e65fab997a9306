"""A simulated I2C bus outside the interpreter, as chips are outside a controller; it leaves the firmware its memory.

The board's `machine.I2C` asks over a line, one transfer at a time: operation, address, count, then the bytes to write.
The answer is a status, 0 or the number of the error, then the bytes read. Its `machine.ADC` asks on the same line: the
address is the pin, the answer one conversion of two bytes. Its `machine.WDT` feeds the watchdog on it: the two numbers
are the milliseconds until it bites. Its `network.WLAN` asks whether there is any Wi-Fi.
"""

import time
from errno import EIO, ENETUNREACH, ETIMEDOUT

WRITE, READ, CONVERT, FEED, AIR = 0x57, 0x52, 0x41, 0x44, 0x4E


class Bus:
    """Chips by address. Each has write(data) and read(count); both may raise OSError for a missing acknowledgement."""

    def __init__(self, held_low=lambda: False, convert=lambda pin: 0, air=lambda: True):
        """`held_low()`: is a wire shorted to ground; `convert(pin)`: an ADC pin's 12 bits; `air()`: is there Wi-Fi."""
        self._chips, self._held_low, self._convert, self._air = {}, held_low, convert, air
        self.bites_at_s = None  # when the watchdog bites, by time.monotonic(); None while there is none

    def attach(self, address, chip, plugged):
        """Solder a chip on; `plugged()` says at each transfer whether its plug is in."""
        self._chips[address] = (chip, plugged)

    def _chip(self, address):
        if self._held_low():
            raise OSError(ETIMEDOUT, "a wire of the bus is held low")
        chip, plugged = self._chips.get(address, (None, None))
        if chip is None or not plugged():
            raise OSError(EIO, f"no chip acknowledges 0x{address:02x}")
        return chip

    def reach(self, address):
        """Raises OSError(EIO) when no chip acknowledges this address."""
        self._chip(address)

    def write(self, address, data):
        """Hand bytes to a chip. Raises OSError(EIO), for an empty write too: some controllers cannot send one."""
        chip = self._chip(address)
        if not data:
            raise OSError(EIO, "an empty write does not reach the wire")
        chip.write(data)

    def read(self, address, count):
        """So many bytes from a chip. Raises OSError(EIO)."""
        return self._chip(address).read(count)

    def convert(self, pin):
        """One conversion of an ADC pin, 12 bits."""
        return self._convert(pin)

    def serve(self, line):
        """Answer the board on a binary file until it closes its end."""
        while len(head := line.read(3)) == 3:
            line.write(self._transfer(*head, line))
            line.flush()

    def _feed(self, timeout_s):
        """Put the watchdog off; one that is fed too late has bitten already, and what it bit gets no answer."""
        now_s = time.monotonic()
        if self.bites_at_s is not None and now_s > self.bites_at_s:
            return b""
        self.bites_at_s = now_s + timeout_s
        return b"\x00"

    def _transfer(self, operation, address, count, line):
        data = line.read(count) if operation == WRITE else b""
        try:
            if operation == FEED:
                return self._feed((address << 8 | count) / 1000)
            if operation == AIR:
                return b"\x00" if self._air() else bytes((ENETUNREACH,))
            if operation == CONVERT:
                value = self.convert(address)
                return bytes((0, value >> 4, (value << 4 | value >> 8) & 0xFF))
            if operation == READ:
                return b"\x00" + self.read(address, count)
            self.write(address, data)
            return b"\x00"
        except OSError as error:
            return bytes((error.errno,))
