"""A slot as one file: a signed image mounted as it is, so that a program's files take no block of the flash each.

Only what an import asks for is here: whether a file is there, and its bytes. In memory stand the names and where each
body begins. Who signed an image was proved before it got here (update.py, the flasher).
"""

import errno
import io
from array import array

MAGIC = b"GANTRYIMG1"
SIGNATURE = 392  # bytes of a key id and a signature
SPENT = ("opened", "_contents", "_number")  # what nobody needs once a slot is mounted


class Packed:
    """What `vfs.mount` takes. `names`: a line each; `begins`: where each body begins, and where the last one ends."""

    def __init__(self, path, names, begins):
        self._path, self._names, self._begins = path, names, begins

    def mount(self, _readonly, _mkfs):
        """Nothing to prepare."""

    def umount(self):
        """Nothing is open."""

    def stat(self, path):
        """What `os.stat` gives. Raises OSError when there is no such file or folder."""
        path = path.strip("/")
        if not path or "\n" + path + "/" in self._names:
            return (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        begin, end = self._place(path)
        return (0x8000, 0, 0, 0, 0, 0, end - begin, 0, 0, 0)

    def open(self, path, _mode):
        """A file for an import. Bytecode says itself where it ends, source does not. Raises OSError."""
        begin, end = self._place(path.strip("/"))
        file = open(self._path, "rb")
        file.seek(begin)
        if path.endswith(".mpy"):
            return file
        with file:
            return io.BytesIO(file.read(end - begin))

    def _place(self, path):
        at = self._names.find("\n" + path + "\n")
        if at < 0:
            raise OSError(errno.ENOENT)
        number = self._names.count("\n", 0, at)
        return self._begins[number], self._begins[number + 1]


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
    names, sizes = "\n", array("I")
    for _ in range(_number(file, 2)):
        names += file.read(_number(file, 1)).decode() + "\n"
        sizes.append(_number(file, 4))
        file.seek(32, 1)  # hash
    at = _number(file, 1) * SIGNATURE + file.tell()
    begins = array("I", [at])
    for size in sizes:
        at += size
        begins.append(at)
    return names, begins


def _number(file, size):
    return int.from_bytes(file.read(size), "big")
