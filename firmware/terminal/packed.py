"""A slot as one file: a signed image mounted as it is, so that a program's files take no block of the flash each.

Only what an import asks for is here: whether a file is there, and its bytes. In memory stand a check of each name, for
the names themselves would take eight times as much, and where each body begins. Who signed an image was proved before
it got here (update.py, the flasher).
"""

import errno
import io
from array import array
from binascii import crc32

MAGIC = b"GANTRYIMG1"
SLASH = 0x2F
SIGNATURE = 392  # bytes of a key id and a signature
SPENT = ("opened", "_contents", "_number")  # what nobody needs once a slot is mounted


class Packed:
    """What `vfs.mount` takes. `names`: a check of each file's, then of each folder's; `begins`: where each body begins,
    and where the last one ends."""

    def __init__(self, path, names, begins):
        self._path, self._names, self._begins = path, names, begins

    def mount(self, _readonly, _mkfs):
        """Nothing to prepare."""

    def umount(self):
        """Nothing is open."""

    def stat(self, path):
        """What `os.stat` gives. Raises OSError when there is no such file or folder."""
        path = path.strip("/")
        place = self._place(path) if path else len(self._begins)
        if place >= len(self._begins) - 1:
            return (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        return (0x8000, 0, 0, 0, 0, 0, self._begins[place + 1] - self._begins[place], 0, 0, 0)

    def open(self, path, _mode):
        """A file for an import. Bytecode says itself where it ends, source does not. Raises OSError."""
        place = self._place(path.strip("/"))
        if place >= len(self._begins) - 1:
            raise OSError(errno.EISDIR)
        file = open(self._path, "rb")
        file.seek(self._begins[place])
        if path.endswith(".mpy"):
            return file
        with file:
            return io.BytesIO(file.read(self._begins[place + 1] - self._begins[place]))

    def _place(self, path):
        """Which of the names a path is."""
        check = crc32(path.encode())
        for place, name in enumerate(self._names):
            if name == check:
                return place
        raise OSError(errno.ENOENT)


def opened(path):
    """The Packed of an image's file. Raises ValueError when it is missing, cut or no image."""
    try:
        with open(path, "rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ValueError("slot %s does not begin like an image" % path)
            names, begins = _contents(file)
            size = file.seek(0, 2)
    except OSError as error:
        raise ValueError("slot %s cannot be read: %s" % (path, error)) from None
    if not begins[0] < size == begins[-1]:
        raise ValueError("slot %s has %d bytes, its head says %d" % (path, size, begins[-1]))
    return Packed(path, names, begins)


def _contents(file):
    """(names, begins) from behind the magic of an image; its format is that of firmware/protocol/image.py.

    A head that is cut gives an end which is not that of the file.
    """
    file.seek(_number(file, 1) + 5, 1)  # board, version, least boot part
    names, folders, sizes = array("I"), [], array("I")
    for _ in range(_number(file, 2)):
        path = file.read(_number(file, 1))
        names.append(crc32(path))
        sizes.append(_number(file, 4))
        file.seek(32, 1)  # hash
        for end, byte in enumerate(path):
            if byte == SLASH and path[:end] not in folders:
                folders.append(path[:end])
    at = _number(file, 1) * SIGNATURE + file.tell()
    begins = array("I", [at])
    for size in sizes:
        at += size
        begins.append(at)
    for folder in folders:
        names.append(crc32(folder))
    return names, begins


def _number(file, size):
    return int.from_bytes(file.read(size), "big")
