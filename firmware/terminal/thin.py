"""What makes room on a full flash: files of single windows become one of minutes. Loaded when that is needed.

The file of minutes is whole on the flash before the first of those it stands for goes. A power cut between leaves both;
the next start lets go what is folded already, so that nothing is lost and nothing handed over twice.
"""

import struct

from firmware.processing.fold import fold
from firmware.protocol.frame import Reading, pack_readings, pack_record
from firmware.protocol.measured import AGGREGATED
from firmware.protocol.received import span_of, unpack_readings
from firmware.terminal.blocks import BLOCK, HEAD, MASK_AT, checked, size_of, write
from firmware.terminal.segments import END, THINNED, n_of

SPAN_MS = 60000
FOLDED = 5  # files of windows that become one of minutes
FULL_PART = 0.7  # of the room stays with single windows


def make_room(segments, room, handed):
    """Fold windows into minutes where that is due, else give up the oldest file and say what is lost."""
    try:
        folded = fold_oldest(segments, room, handed)
    except OSError as error:
        segments.complain("thinning", error)
        folded = 0
    segments.thinned += folded
    if not folded:
        name = segments.names[0]
        boot_no, records = segments.read(name)
        if records:
            _give_up(segments, boot_no, int(name[8:14], 16), n_of(records[-1]))
        segments.remove(name)


def lose(segments, name):
    """Say that what a file held is lost, for it cannot be read: up to the next file's, or for certain its first."""
    boot, first = name[:8], int(name[8:14], 16)
    after = [other for other in segments.names if other > name][:1]
    last = int(after[0][8:14], 16) - 1 if after and after[0][:8] == boot else first
    if name in segments.names:
        _give_up(segments, int(boot, 16), first, max(first, last))


def _give_up(segments, boot_no, first, last):
    segments.lost.append((boot_no, first, last))
    segments.dropped += last - first + 1


def fold_oldest(segments, room, handed):
    """Fold the oldest files of one boot that can be; how many went into one, 0 when it is not time or not possible.

    `room`: how many files there may be. `handed`: the file that may be acknowledged in part and is left alone.
    """
    plain = [name for name in segments.names if name.endswith(END) and name != handed]
    run = _run_of(plain)
    if len(run) < 2 or len(plain) - len(run) < int(room * FULL_PART):
        return 0
    records = minutes_of(int(run[0][:8], 16), (segments.read(name)[1] for name in run))
    mask = records[0][MASK_AT : MASK_AT + 4] if records else b""
    if any(one[MASK_AT : MASK_AT + 4] != mask for one in records):
        return 0
    if not records or HEAD + size_of(struct.unpack(">I", mask)[0], True) * len(records) > BLOCK:
        return 0
    name = run[0][: -len(END)] + THINNED
    write(segments.folder + name, mask, b"".join([checked(one) for one in records]))
    segments.names.insert(segments.names.index(run[0]), name)
    for covered in run:
        segments.remove(covered)
    return len(run)


def _run_of(plain):
    """The first files in a row that are of one boot, at least two and at most FOLDED; else none."""
    for at in range(len(plain) - 1):
        run = [name for name in plain[at : at + FOLDED] if name[:8] == plain[at][:8]]
        if len(run) > 1:
            return run
    return []


def let_go_folded(segments):
    """Let go the files that the newest file of minutes stands for: the power went before that was done."""
    newest = [name for name in segments.names if name.endswith(THINNED)][-1]
    boot_no, records = segments.read(newest)
    if not records:  # it was never whole: what it would stand for is all there
        segments.remove(newest)
        return
    first, last = newest[:14], "%08x%06x" % (boot_no, n_of(records[-1]))
    for name in [name for name in segments.names if name.endswith(END) and first <= name[:14] <= last]:
        segments.remove(name)


def minutes_of(boot_no, files):
    """Records of A01 that stand for the same windows, up to SPAN_MS each. `files`: lists of records in order of time.

    Windows are folded only with the next number's, and with those that measured the same channels.
    """
    out, parts = [], []
    for records in files:
        for record in records:
            (reading,) = unpack_readings("-", pack_readings(boot_no, [record]))
            if parts and not _joins(parts[0], parts[-1], reading):
                out.append(_folded(parts))
                parts = []
            parts.append(reading)
    return out + [_folded(parts)] if parts else out


def _joins(first, last, reading):
    after = span_of(reading)[0] == last.seq + 1
    return after and 0 <= reading.ts_ms - first.ts_ms < SPAN_MS and set(reading.values) == set(first.values)


def _folded(parts):
    values, flags, windows = fold([(one.values, one.flags, one.windows) for one in parts])
    return pack_record(Reading("-", parts[0].ts_ms, parts[-1].seq, values, flags | AGGREGATED, windows))
