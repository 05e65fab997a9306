"""A flash chip in memory for littlefs under MicroPython: counts what it is asked, and can lose power in the middle.

The cut operation may be torn: half of its bytes are there. After a cut nothing more is taken; `after_cut` is the same
chip under power again, out of reach of whatever still held the old one open.
"""

import errno

BLOCK = 4096


class PowerCut(Exception):
    """The power is gone; whatever ran is over."""


def fill(folder):
    """Leave no room on the file system that is mounted there, with files called filler...; not even for small ones.

    Those stand among the names, where littlefs still has room when it has no block left.
    """
    count, size = 0, 4 * BLOCK
    while size:
        count += 1
        try:
            with open(f"{folder}filler{count}", "wb") as out:
                out.write(bytes(size))
        except OSError:  # no room for a block, for its name, or for both together
            size //= 2


class Flash:
    """A block device of `blocks` times 4 KiB. `cut_after`: how many erases and programs pass before the power goes."""

    def __init__(self, blocks):
        self._data = bytearray(b"\xff" * (blocks * BLOCK))
        self._blocks, self.erases, self.operations = blocks, [0] * blocks, 0
        self._left, self._torn, self._off = None, False, False

    def cut_after(self, operations, torn=False):
        """Lose power after so many more operations, the next one done half when `torn`."""
        self._left, self._torn = operations, torn

    def after_cut(self):
        """The chip as the power came back: a new object with the same bytes."""
        back = Flash(self._blocks)
        back._data[:] = self._data
        return back

    def _spend(self):
        if self._off:
            raise PowerCut
        self.operations += 1
        if self._left is not None:
            if self._left == 0:
                self._off = True
                return False
            self._left -= 1
        return True

    def readblocks(self, block, buffer, offset=0):
        """Read; reading needs power too."""
        if self._off:
            raise PowerCut
        start = block * BLOCK + offset
        buffer[:] = self._data[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        """Program bytes of an erased block."""
        start = block * BLOCK + offset
        whole = self._spend()
        size = len(buffer) if whole else len(buffer) // 2 if self._torn else 0
        self._data[start : start + size] = buffer[:size]
        if not whole:
            raise PowerCut

    def ioctl(self, request, argument):
        """What littlefs asks of a block device."""
        if request == 4:
            return self._blocks
        if request == 5:
            return BLOCK
        if request == 6:
            whole = self._spend()
            if whole or self._torn:
                size = BLOCK if whole else BLOCK // 2
                self._data[argument * BLOCK : argument * BLOCK + size] = b"\xff" * size
                self.erases[argument] += 1
            if not whole:
                raise PowerCut
            return 0
        if request in (1, 2, 3):
            return 0
        raise OSError(errno.EINVAL)
