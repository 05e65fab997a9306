"""machine.I2C as the bus object the CircuitPython drivers expect: the only shim between them and MicroPython."""


class Bus:
    """One bus of the board. All transfers raise OSError when the chip does not acknowledge."""

    def __init__(self, i2c):
        self._i2c, self._locked = i2c, False

    def try_lock(self):
        """Take the bus; False when it is taken."""
        if self._locked:
            return False
        self._locked = True
        return True

    def unlock(self):
        """Give the bus back."""
        self._locked = False

    def writeto(self, address, buffer, *, start=0, end=None):
        """Write buffer[start:end]. An empty write, with which drivers probe, goes nowhere: not every chip takes one."""
        part = memoryview(buffer)[start : len(buffer) if end is None else end]
        if len(part):
            self._i2c.writeto(address, part)

    def readfrom_into(self, address, buffer, *, start=0, end=None):
        """Fill buffer[start:end]."""
        self._i2c.readfrom_into(address, memoryview(buffer)[start : len(buffer) if end is None else end])

    def writeto_then_readfrom(
        self, address, buffer_out, buffer_in, *, out_start=0, out_end=None, in_start=0, in_end=None
    ):
        """Write, then read after a repeated start: nobody else gets the bus in between."""
        out_end = len(buffer_out) if out_end is None else out_end
        self._i2c.writeto(address, memoryview(buffer_out)[out_start:out_end], False)
        self.readfrom_into(address, buffer_in, start=in_start, end=in_end)
