"""Records: what a host agent says beside readings. No board loads this file.

A record's number comes from the same numbers as a reading's, so that one acknowledgement serves both; those of records
have the highest bit of n set, so that the readings of a boot stay without a hole.
"""

import struct
from collections import namedtuple

from firmware.protocol.errors import FrameError
from firmware.protocol.frame import N_BITS, put_text, take_text
from firmware.protocol.link import TerminalLink
from firmware.protocol.message import body_bytes, body_in

RECORD = 10  # kind of message, beside those of frame.py and message.py
KINDS = ("disks", "flows")  # a terminal may say no others: the rest is a gateway's to say
FIRST_N = 1 << (N_BITS - 1)

Record = namedtuple("Record", ("seq", "kind", "ts_ms", "body"))  # body: {name: value}


def pack(record):
    """The sealed message of one record."""
    return struct.pack(">BQQ", RECORD, record.seq, record.ts_ms) + put_text(record.kind) + body_bytes(record.body)


def unpack(message):
    """The Record of a message. Raises FrameError."""
    try:
        _kind, seq, ts_ms = struct.unpack_from(">BQQ", message)
        kind, at = take_text(message, 17)
        body = body_in(message[at:])
    except (struct.error, ValueError):
        raise FrameError("frame_body", "a record of %d bytes" % len(message)) from None
    if kind not in KINDS or not seq & FIRST_N or seq >> 53:
        raise FrameError("frame_body", "record %d of kind %.20r" % (seq, kind))
    return Record(seq, kind, ts_ms, body)


class HostLink(TerminalLink):
    """A terminal's side that may send records too."""

    def send_record(self, record):
        """A sealed frame of one Record. Raises NotProved."""
        return self._seal(pack(record))
