"""A simulated I2C bus outside the interpreter, as chips are outside a controller; it leaves the firmware its memory.

The board's `machine.I2C` asks over a line, one transfer at a time: operation, address, count, then the bytes to write.
The answer is a status, 0 or the number of the error, then the bytes read.
"""

from errno import EIO

WRITE, READ = 0x57, 0x52


class Bus:
    """Chips by address. Each has write(data) and read(count); both may raise OSError for a missing acknowledgement."""

    def __init__(self):
        self._chips = {}

    def attach(self, address, chip, plugged):
        """Solder a chip on; `plugged()` says at each transfer whether its plug is in."""
        self._chips[address] = (chip, plugged)

    def _chip(self, address):
        chip, plugged = self._chips.get(address, (None, None))
        if chip is None or not plugged():
            raise OSError(EIO, f"no chip acknowledges 0x{address:02x}")
        return chip

    def write(self, address, data):
        """Hand bytes to a chip. Raises OSError(EIO), for an empty write too: some controllers cannot send one."""
        chip = self._chip(address)
        if not data:
            raise OSError(EIO, "an empty write does not reach the wire")
        chip.write(data)

    def read(self, address, count):
        """So many bytes from a chip. Raises OSError(EIO)."""
        return self._chip(address).read(count)

    def serve(self, line):
        """Answer the board on a binary file until it closes its end."""
        while len(head := line.read(3)) == 3:
            line.write(self._transfer(*head, line))
            line.flush()

    def _transfer(self, operation, address, count, line):
        data = line.read(count) if operation == WRITE else b""
        try:
            if operation == READ:
                return b"\x00" + self.read(address, count)
            self.write(address, data)
            return b"\x00"
        except OSError as error:
            return bytes((error.errno,))
