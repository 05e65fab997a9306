"""The bytes of a sealed hour: every column by itself, as differences, byte by byte side by side, compressed.

A column whose differences are all the same takes its first number and that difference, nothing else. What was
stored comes back bit for bit. A check over all of it finds a damaged block before one wrong number is shown.
"""

import zlib

import msgspec
import numpy as np

from collector.readings.columns import HEADS, Columns

LEVEL = 6
_WIDTHS = ((0, 0), (0xFF, 1), (0xFFFF, 2), (0xFFFF_FFFF, 4), (2**64 - 1, 8))  # largest difference, bytes for each


class Damaged(Exception):
    """A block whose bytes are not what was written."""


def seal(columns):
    """The bytes of Columns of at least one reading."""
    heads = [_seal_one(getattr(columns, name)) for name in HEADS]
    steps = {channel_id: _seal_one(values) for channel_id, values in columns.steps.items()}
    states = {channel_id: zlib.compress(values.tobytes(), LEVEL) for channel_id, values in columns.states.items()}
    body = msgspec.msgpack.encode((len(columns.seq), heads, steps, states))
    return zlib.crc32(body).to_bytes(4, "little") + body


def unseal(body, channel_ids=None):
    """The Columns of these bytes, of all channels or only of these. Raises Damaged."""
    if len(body) < 4 or zlib.crc32(memoryview(body)[4:]) != int.from_bytes(body[:4], "little"):
        raise Damaged("its check does not match its bytes")
    count, heads, steps, states = msgspec.msgpack.decode(memoryview(body)[4:])
    wanted = [channel_id for channel_id in steps if channel_ids is None or channel_id in channel_ids]
    return Columns(
        *(_unseal_one(one, count) for one in heads),
        {channel_id: _unseal_one(steps[channel_id], count) for channel_id in wanted},
        {
            channel_id: np.frombuffer(zlib.decompress(states[channel_id]), np.uint8)
            for channel_id in wanted
            if channel_id in states
        },
    )


def _seal_one(values):
    """(first number, usual difference, bytes for each, compressed rest)."""
    usual, differences = 0, np.diff(values)
    if len(differences):
        usual = int(np.partition(differences, len(differences) // 2)[len(differences) // 2])
        differences = differences - usual
    folded = ((differences << 1) ^ (differences >> 63)).view(np.uint64)  # small numbers of both signs become small
    largest = int(folded.max()) if len(folded) else 0
    width = next(width for most, width in _WIDTHS if largest <= most)
    if not width:
        return int(values[0]), usual, 0, b""
    planes = np.ascontiguousarray(folded.astype(f"<u{width}").view(np.uint8).reshape(-1, width).T)
    pack = zlib.compressobj(LEVEL, zlib.DEFLATED, -15, 9, zlib.Z_FILTERED)
    return int(values[0]), usual, width, pack.compress(planes.tobytes()) + pack.flush()


def _unseal_one(one, count):
    first, usual, width, packed = one
    values = np.empty(count, np.int64)
    if width:
        planes = np.frombuffer(zlib.decompress(packed, -15), np.uint8).reshape(width, count - 1)
        folded = np.ascontiguousarray(planes.T).view(f"<u{width}").reshape(-1).astype(np.uint64)
        differences = (folded >> np.uint64(1)).view(np.int64) ^ -(folded & np.uint64(1)).view(np.int64)
        values[0] = first
        values[1:] = differences + usual
        return np.cumsum(values, out=values)
    values[:] = first + usual * np.arange(count)
    return values
