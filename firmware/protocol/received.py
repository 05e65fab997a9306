"""Readings and gaps out of a message, and the answer to them: the gateway's half of frame.py.

A board loads it only to thin its outbox.
"""

import struct

from firmware.protocol.errors import FrameError
from firmware.protocol.frame import ACK, GAP_REASONS, Gap, Reading, items, seq_of
from firmware.protocol.measured import AGGREGATED, INVALID, MEASURED

_CutError = getattr(struct, "error", ValueError)  # MicroPython has no struct.error and raises ValueError
_shapes = {}  # by mask and by how many channels are known: few come, each very often


def from_steps(channel, steps):
    """The value in the channel's unit, or None for the invalid mark."""
    return None if steps == INVALID[channel.code] else steps / channel.scale


def unpack_readings(terminal_id, message, channels=MEASURED):
    """The readings of a message, in the order they were packed. Raises FrameError."""
    try:
        _kind, boot_no, count = struct.unpack_from(">BIB", message)
        readings, at = [], 6
        for _ in range(count):
            reading, at = _unpack_record(terminal_id, boot_no, message, at, channels)
            readings.append(reading)
    except _CutError:
        raise FrameError("frame_body", "readings cut after %d bytes" % len(message)) from None
    if at != len(message):
        raise FrameError("frame_body", "%d bytes after the last reading" % (len(message) - at))
    return readings


def _unpack_record(terminal_id, boot_no, message, at, channels):
    n_high, n_low, ts_high, ts_low, flags, mask = struct.unpack_from(">BHHIHI", message, at)
    at, windows = at + 15, 1
    n = n_high << 16 | n_low
    if flags & AGGREGATED:
        (windows,) = struct.unpack_from(">H", message, at)
        at += 2
        if not 0 < windows <= n:
            raise FrameError("frame_body", "reading %d stands for %d windows" % (n, windows))
    shape = _shapes.get((mask, len(channels))) or _shape_of(mask, channels)
    values = {}
    steps = struct.unpack_from(shape[0], message, at)
    for place, channel in enumerate(shape[2]):
        values[channel.name] = from_steps(channel, steps[place])
    reading = Reading(terminal_id, ts_high << 32 | ts_low, seq_of(boot_no, n), values, flags, windows)
    return reading, at + shape[1]


def _shape_of(mask, channels):
    """(struct format, bytes, [Channel]) of a mask. Raises FrameError."""
    inside = [channel for channel in channels if mask & (1 << (channel.id - 1))]
    left = mask
    for channel in inside:
        left &= ~(1 << (channel.id - 1))
    if left:
        raise FrameError("channel_unknown", "mask has 0x%08x left" % left)
    form = ">" + "".join([channel.code for channel in inside])
    _shapes[mask, len(channels)] = form, struct.calcsize(form), inside
    return _shapes[mask, len(channels)]


def span_of(reading):
    """The numbers a reading stands for, (first, last): more than its own when it is aggregated."""
    return reading.seq - reading.windows + 1, reading.seq


def pack_ack(intervals):
    """A sealed message that lets go: what is committed at the gateway, as (first, last) pairs; at most 255."""
    return bytes((ACK, len(intervals))) + b"".join([struct.pack(">QQ", first, last) for first, last in intervals])


def unpack_gaps(message):
    """The gaps of a message. Raises FrameError."""
    gaps = []
    for at in items(message, 17):
        first, last, reason = struct.unpack_from(">QQB", message, at)
        if reason >= len(GAP_REASONS) or first > last:
            raise FrameError("frame_body", "gap %d-%d, reason %d" % (first, last, reason))
        gaps.append(Gap(first, last, GAP_REASONS[reason]))
    return gaps
