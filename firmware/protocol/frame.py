"""Frames of A01 and what they carry <-> bytes. All numbers big-endian; shapes are drawn in docs/interfaces.md."""

import struct
from collections import namedtuple

from firmware.protocol.errors import FrameError
from firmware.protocol.measured import AGGREGATED, MEASURED, to_steps

MAGIC, VERSION = 0xA1, 1
HEAD = ">BBBH"  # magic, version, type, length of the body
HEAD_SIZE = 5
MAX_BODY = 4096

HELLO, ANSWER, PROOF, SEALED, REFUSAL = 1, 2, 3, 4, 5  # types of frame
READINGS, GAPS, ACK = 1, 2, 3  # kinds of message inside a seal

NONCE = 16
PROOF_SIZE = 32
N_BITS = 24  # seq = boot_no * 2**24 + n

GAP_REASONS = ("outbox_full", "reboot")

Reading = namedtuple("Reading", ("terminal_id", "ts_ms", "seq", "values", "flags", "windows"))
# ts_ms: start of the window, ms since 1970 UTC. values: {channel name: float in its unit, or None if measured and bad}.
# windows: how many it stands for, the last of them being seq; 1 unless flagged AGGREGATED.

Gap = namedtuple("Gap", ("from_seq", "to_seq", "reason"))


def seq_of(boot_no, n):
    """The number of the n-th reading (from 1) of a boot; never used twice by a terminal."""
    return (boot_no << N_BITS) + n


def pack(kind, body):
    """One frame. Raises ValueError when our own body is too long."""
    if len(body) > MAX_BODY:
        raise ValueError("a frame body holds %d bytes, not %d" % (MAX_BODY, len(body)))
    return struct.pack(HEAD, MAGIC, VERSION, kind, len(body)) + body


def unpack(buffer):
    """(type, body, rest) of the first frame in a buffer, or None when it is not whole yet. Raises FrameError."""
    if not buffer:
        return None
    if buffer[0] != MAGIC:
        raise FrameError("frame_magic", "first byte 0x%02x" % buffer[0])
    if len(buffer) > 1 and buffer[1] != VERSION:
        raise FrameError("frame_version", "version %d, ours is %d" % (buffer[1], VERSION))
    if len(buffer) < HEAD_SIZE:
        return None
    _magic, _version, kind, length = struct.unpack(HEAD, buffer[:HEAD_SIZE])
    if length > MAX_BODY:
        raise FrameError("frame_oversize", "%d bytes, %d are allowed" % (length, MAX_BODY))
    end = HEAD_SIZE + length
    return None if len(buffer) < end else (kind, buffer[HEAD_SIZE:end], buffer[end:])


def head_of(kind, length):
    """The head of a frame: what a seal authenticates beside its counter."""
    return struct.pack(HEAD, MAGIC, VERSION, kind, length)


def put_text(text):
    """A text of at most 255 bytes with its length before it."""
    raw = text.encode()
    return bytes((len(raw),)) + raw


def take_text(body, at=0):
    """(text, where it ends). Raises FrameError(frame_body)."""
    end = at + 1 + body[at] if len(body) > at else at + 1
    try:
        text = bytes(body[at + 1 : end]).decode()
    except UnicodeError:
        text = ""
    if len(body) < end or not text:
        raise FrameError("frame_body", "text cut or empty at byte %d" % at)
    return text, end


def pack_record(reading, channels=MEASURED):
    """One reading as bytes, 49 at most from a terminal: n, time, flags, mask, windows if aggregated, scaled values."""
    mask, parts = 0, [struct.pack(">H", reading.windows)] if reading.flags & AGGREGATED else []
    for channel in channels:
        if channel.name in reading.values:
            mask |= 1 << (channel.id - 1)
            parts.append(struct.pack(">" + channel.code, to_steps(channel, reading.values[channel.name])))
    n = reading.seq & ((1 << N_BITS) - 1)
    head = struct.pack(
        ">BHHIHI", n >> 16, n & 0xFFFF, reading.ts_ms >> 32, reading.ts_ms & 0xFFFFFFFF, reading.flags, mask
    )
    return head + b"".join(parts)


def pack_readings(boot_no, records):
    """A sealed message of records (bytes of pack_record) that all belong to one boot; at most 255."""
    return struct.pack(">BIB", READINGS, boot_no, len(records)) + b"".join(records)


def pack_gaps(gaps):
    """A sealed message that explains numbers which will never come; at most 255 gaps."""
    parts = [struct.pack(">QQB", gap.from_seq, gap.to_seq, GAP_REASONS.index(gap.reason)) for gap in gaps]
    return bytes((GAPS, len(parts))) + b"".join(parts)


def unpack_ack(message):
    """The intervals of an acknowledgement. Raises FrameError."""
    return [struct.unpack_from(">QQ", message, at) for at in items(message, 16)]


def items(message, size):
    """Where each item of a counted message begins. Raises FrameError when it is cut or padded."""
    if len(message) < 2 or len(message) != 2 + message[1] * size:
        raise FrameError("frame_body", "%d bytes, kind %d" % (len(message), message[0] if message else 0))
    return range(2, len(message), size)
