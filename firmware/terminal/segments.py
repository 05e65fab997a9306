"""Records on the flash, in files of one block each: the oldest is lost first, and what was lost is said.

A file's name is its boot and its first number, so that names in order are readings in order. It begins with the channel
mask all its records share; a record carries its own check. A file that was cut by a power loss is read up to the cut.
When there is no room the oldest files of single windows are folded into one of minutes; how stands in thin.py.
Appending costs about one erase however little is written: callers bring many records at once.
"""

import os
import struct
from binascii import crc32

from firmware.protocol.measured import MEASURED

BLOCK = 4096
MAGIC = b"GS1"
HEAD = 9  # magic, mask, check
MASK_AT = 11  # a record of A01 is n, time, flags, then its mask
UPTIME = 0x80  # first bit of a record's time: uptime of its boot, because no time was known
END, THINNED = ".seg", ".sgt"
ENOSPC = 28


def _check(data):
    return struct.pack(">H", crc32(data) & 0xFFFF)


def checked(record):
    """A record of A01 as it stands in a file: without its mask, with its check."""
    packed = record[:MASK_AT] + record[MASK_AT + 4 :]
    return packed + _check(packed)


def size_of(mask, thinned=False):
    """Bytes of one record with these channels, without its mask, with its check; thinned ones say how many windows."""
    values = sum([2 if channel.code == "h" else 4 for channel in MEASURED if mask & (1 << (channel.id - 1))])
    return MASK_AT + values + (4 if thinned else 2)


def n_of(record):
    """The number of a record within its boot."""
    return record[0] << 16 | record[1] << 8 | record[2]


class Segments:
    """The segment files of a folder (with its "/" at the end), at most `limit` bytes of them."""

    def __init__(self, folder, limit):
        self.folder, self._limit = folder, limit
        try:
            os.mkdir(folder[:-1])
        except OSError:
            pass  # it is there, or the first write says why not
        self.names = sorted([name for name in os.listdir(folder) if name.endswith((END, THINNED))])
        self._open = None  # name, mask and bytes of the file that still grows
        self.lost = []  # (boot_no, first n, last n) given up because the flash was full, or cannot be read
        self.thinned = self.failed = 0  # files folded into others; times the flash did not do what was asked
        self.dropped = 0  # readings given up or not to be read again
        if any(name.endswith(THINNED) for name in self.names):
            from firmware.terminal.thin import let_go_folded

            let_go_folded(self)
        self._handed = self.oldest()  # may be acknowledged in part: it is folded into nothing

    def __len__(self):
        return len(self.names)

    def append(self, boot_no, records):
        """Keep records of A01 (n, time, flags, mask, values) of one boot, in order. Raises OSError when it cannot."""
        at = 0
        while at < len(records):
            mask = records[at][MASK_AT : MASK_AT + 4]
            end = at
            while end < len(records) and records[end][MASK_AT : MASK_AT + 4] == mask:
                end += 1
            at += self._append_alike(boot_no, mask, records[at:end])

    def _append_alike(self, boot_no, mask, records):
        """Append what fits into the growing file, or begin one; how many were taken."""
        size = size_of(struct.unpack(">I", mask)[0])
        if self._open is None or self._open[1] != mask or self._open[2] + size > BLOCK:
            self._begin(boot_no, mask, n_of(records[0]))
        name, _mask, used = self._open
        taken = records[: (BLOCK - used) // size]
        self._open = None  # nothing is appended behind a write that failed
        with open(self.folder + name, "ab") as file:
            file.write(b"".join([checked(one) for one in taken]))
        self._open = (name, mask, used + size * len(taken))
        return len(taken)

    def _begin(self, boot_no, mask, n):
        while (len(self.names) + 1) * BLOCK > self._limit and self.names:
            self._make_room()
        name = "%08x%06x%s" % (boot_no, n, END)
        try:
            self.write(name, mask)
        except OSError as error:
            if error.args[0] != ENOSPC or not self.names:
                raise
            self.failed += 1
            self._make_room()  # something else has filled the flash
            self.write(name, mask)
        self.names.append(name)
        self._open = (name, mask, HEAD)

    def write(self, name, mask, body=b""):
        """A whole file: it is there or not, whenever the power goes. Raises OSError."""
        with open(self.folder + name, "wb") as file:
            file.write(MAGIC + mask + _check(MAGIC + mask) + body)

    def _make_room(self):
        from firmware.terminal.thin import make_room

        make_room(self, self._limit // BLOCK, self._handed)

    def complain(self, what, error):
        """Count and tell what the flash did not do."""
        self.failed += 1
        print("flash", what, "failed:", error)

    def oldest(self, skip=0):
        """The name of the oldest file after `skip` others, or None."""
        return self.names[skip] if skip < len(self.names) else None

    def read(self, name):
        """(boot_no, records as they were appended) up to the first that is damaged."""
        boot_no = int(name[:8], 16)
        try:
            with open(self.folder + name, "rb") as file:
                data = file.read()
        except OSError as error:
            self.complain("reading " + name, error)
            from firmware.terminal.thin import lose

            lose(self, name)
            return boot_no, []
        if len(data) < HEAD or data[:3] != MAGIC or data[HEAD - 2 : HEAD] != _check(data[: HEAD - 2]):
            return boot_no, []
        mask, records = data[3:7], []
        size = size_of(struct.unpack(">I", mask)[0], name.endswith(THINNED))
        for at in range(HEAD, len(data) - size + 1, size):
            one = data[at : at + size - 2]
            if data[at + size - 2 : at + size] != _check(one):
                break
            records.append(one[:MASK_AT] + mask + one[MASK_AT:])
        return boot_no, records

    def finish(self, name):
        """Let a file grow no more: what it holds is being handed over, and it will go as a whole."""
        self._handed = name
        if self._open and self._open[0] == name:
            self._open = None

    def remove(self, name):
        """Forget a file: all of it was acknowledged, or stands elsewhere. One that was given up meanwhile is gone."""
        if name not in self.names:
            return
        self.names.remove(name)
        if self._open and self._open[0] == name:
            self._open = None
        try:
            os.remove(self.folder + name)
        except OSError as error:
            self.complain("removing " + name, error)
