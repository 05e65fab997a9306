"""Tables of whole numbers as few bytes: each row as differences, byte by byte side by side, compressed."""

import zlib

import numpy as np

LEVEL = 1  # of zlib: for bytes that are written soon again, or only kept for an hour
WINDOW_BITS, MEMORY = 12, 5  # of zlib: enough for what one upload brings; the usual ones take longer to get than to use
BYTES = 8  # of a number


def packed(table):
    """The bytes of an int64 array of rows by columns; any number comes back as it was."""
    rows, count = table.shape
    differences = table.copy()
    differences[:, 1:] -= table[:, :-1]
    folded = (differences << 1) ^ (differences >> 63)  # small numbers of both signs become small
    folded = folded.astype("<i8", copy=False)
    used = np.bitwise_or.reduce(folded, axis=1).view(np.uint8) != 0
    planes = folded.view(np.uint8).reshape(rows, count, BYTES).transpose(0, 2, 1)[used.reshape(rows, BYTES)]
    press = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW_BITS, MEMORY)
    return np.packbits(used).tobytes() + press.compress(planes.tobytes()) + press.flush()


def unpacked(body, rows, count):
    """The int64 array of `rows` by `count` of these bytes."""
    used = np.unpackbits(np.frombuffer(body, np.uint8, rows)).astype(bool)
    planes = np.zeros((rows * BYTES, count), np.uint8)
    planes[used] = np.frombuffer(zlib.decompress(memoryview(body)[rows:]), np.uint8).reshape(-1, count)
    planes = planes.reshape(rows, BYTES, count).transpose(0, 2, 1)
    folded = np.ascontiguousarray(planes).view("<u8").reshape(rows, count)
    differences = (folded >> np.uint64(1)).view(np.int64) ^ -(folded & np.uint64(1)).view(np.int64)
    return np.cumsum(differences, axis=1)
