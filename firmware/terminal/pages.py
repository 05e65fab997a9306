"""The oldest file of readings, opened to be handed over: numbers left out that went already, times put in.

Loaded while there are files.
"""

import struct

from firmware.protocol.frame import seq_of
from firmware.protocol.measured import TIME_ESTIMATED
from firmware.terminal.ring import TIME_AT, UPTIME, inside, time_of
from firmware.terminal.segments import n_of

FLAGS_AT = 9  # where a record's two bytes of flags begin


def turned(segments, let_go, boot_no, offset_ms):
    """(name, its boot, {n: record}) of the oldest file that still holds something, or None; those that hold nothing go.

    `let_go`: what was acknowledged; `boot_no`, `offset_ms`: of this boot.
    """
    while len(segments):
        name = segments.oldest()
        segments.finish(name)
        owner, found = segments.read(name)
        records = {n_of(one): one for one in found if not inside(seq_of(owner, n_of(one)), let_go)}
        if records:
            return name, owner, _stamp_all(segments, owner, records, owner == boot_no, offset_ms)
        segments.remove(name)
    return None


def _stamp_all(segments, owner, records, ours, offset_ms):
    unknown = [n for n in records if records[n][TIME_AT] & UPTIME]
    if unknown and not ours:
        offset_ms = _offset_of(segments, owner, offset_ms)
    for n in unknown:
        records[n] = _stamped(records[n], offset_ms, ours)
    return records


def _offset_of(segments, owner, offset_ms):
    """What makes an uptime of an earlier boot a time. Its last uptime lies before its first known time, or, when it
    never knew one, before this boot began."""
    newest_ms = 0
    for at in range(len(segments)):
        boot_no, records = segments.read(segments.oldest(at))
        for record in records if boot_no == owner else ():
            if not record[TIME_AT] & UPTIME:
                return time_of(record) - newest_ms
            newest_ms = time_of(record)
    return offset_ms - newest_ms


def _stamped(record, offset_ms, known):
    """A record with its time; one of another boot that knew none is marked as estimated."""
    ts_ms = time_of(record) + offset_ms
    (flags,) = struct.unpack_from(">H", record, FLAGS_AT)
    flags = flags if known else flags | TIME_ESTIMATED
    return record[:TIME_AT] + struct.pack(">HIH", ts_ms >> 32, ts_ms & 0xFFFFFFFF, flags) + record[FLAGS_AT + 2 :]
