"""How a file of readings is written and read again. Loaded while there is one; most of its life a terminal has none.

A file's name is its boot and its first number, so that names in order are readings in order. It begins with the channel
mask all its records share; a record carries its own check. A file that was cut by a power loss is read up to the cut.
Appending costs about one erase however little is written: callers bring many records at once.
"""

import struct
from binascii import crc32

from firmware.protocol.measured import MEASURED
from firmware.terminal.segments import END, THINNED, n_of

BLOCK = 4096
MAGIC = b"GS1"
HEAD = 9  # magic, mask, check
MASK_AT = 11  # a record of A01 is n, time, flags, then its mask
NO_ROOM = (28, 36)  # littlefs calls a new file for which it has no room one whose name is too long


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


def append(segments, boot_no, records):
    """Keep records of A01 (n, time, flags, mask, values) of one boot, in order. Raises OSError when it cannot."""
    at = 0
    while at < len(records):
        mask = records[at][MASK_AT : MASK_AT + 4]
        end = at
        while end < len(records) and records[end][MASK_AT : MASK_AT + 4] == mask:
            end += 1
        try:
            at += _append_alike(segments, boot_no, mask, records[at:end])
        except OSError as error:
            if error.args[0] not in NO_ROOM or len(segments) < 2:
                raise
            segments.failed += 1
            _make_room(segments)  # something else has filled the flash


def _append_alike(segments, boot_no, mask, records):
    """Append what fits into the growing file, or begin one; how many were taken."""
    size = size_of(struct.unpack(">I", mask)[0])
    if segments.growing is None or segments.growing[1] != mask or segments.growing[2] + size > BLOCK:
        _begin(segments, boot_no, mask, n_of(records[0]))
    name, _mask, used = segments.growing
    taken = records[: (BLOCK - used) // size]
    segments.growing = None  # nothing is appended behind a write that failed
    with open(segments.folder + name, "ab") as file:
        file.write(b"".join([checked(one) for one in taken]))
    segments.growing = (name, mask, used + size * len(taken))
    return len(taken)


def _begin(segments, boot_no, mask, n):
    while (len(segments.names) + 1) * BLOCK > segments.limit and segments.names:
        _make_room(segments)
    name = "%08x%06x%s" % (boot_no, n, END)
    write(segments.folder + name, mask)
    if name not in segments.names:  # it was begun before, and took nothing
        segments.names.append(name)
    segments.growing = (name, mask, HEAD)


def _make_room(segments):
    from firmware.terminal.thin import make_room

    make_room(segments, segments.limit // BLOCK, segments.handed)


def write(path, mask, body=b""):
    """A whole file: it is there or not, whenever the power goes. Raises OSError."""
    with open(path, "wb") as file:
        file.write(MAGIC + mask + _check(MAGIC + mask) + body)


def read(path):
    """Its records as they were appended, up to the first that is damaged. Raises OSError."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < HEAD or data[:3] != MAGIC or data[HEAD - 2 : HEAD] != _check(data[: HEAD - 2]):
        return []
    mask, records = data[3:7], []
    size = size_of(struct.unpack(">I", mask)[0], path.endswith(THINNED))
    for at in range(HEAD, len(data) - size + 1, size):
        one = data[at : at + size - 2]
        if data[at + size - 2 : at + size] != _check(one):
            break
        records.append(one[:MASK_AT] + mask + one[MASK_AT:])
    return records
