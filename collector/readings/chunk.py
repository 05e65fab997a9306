"""A chunk: readings of one terminal and hour as one upload brought them, kept as they come until they are sealed."""

from collections import namedtuple

import msgspec

HOUR_MS = 3_600_000

# Readings of one terminal that measured the same channels, as columns of equal length.
# seq, ts_ms: whole numbers; steps: {channel id: [whole number of the channel's steps, or None if measured and bad]}
# from_seq: the first number an aggregated reading stands for; windows, flags. Each None when none says anything
Block = namedtuple("Block", ("terminal_id", "seq", "ts_ms", "steps", "flags", "from_seq", "windows"))
Block.__new__.__defaults__ = (None, None, None)

Chunk = namedtuple("Chunk", ("seq", "ts_ms", "behind", "windows", "flags", "steps"))  # behind: seq - from_seq

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def by_hour(block):
    """[(hour number, Block of it)], in order. Nearly always one."""
    first, last = min(block.ts_ms) // HOUR_MS, max(block.ts_ms) // HOUR_MS
    if first == last:
        return [(first, block)]
    hours = {}
    for row, ts_ms in enumerate(block.ts_ms):
        hours.setdefault(ts_ms // HOUR_MS, []).append(row)
    return [(hour_no, picked(block, rows)) for hour_no, rows in sorted(hours.items())]


def picked(block, rows):
    """The same block with only these rows."""

    def pick(values):
        return None if values is None else [values[row] for row in rows]

    steps = {channel_id: pick(values) for channel_id, values in block.steps.items()}
    others = (pick(values) for values in (block.flags, block.from_seq, block.windows))
    return Block(block.terminal_id, pick(block.seq), pick(block.ts_ms), steps, *others)


def pack(block):
    """The bytes of a block that lies within one hour."""
    seq, ts_ms = block.seq[0], block.ts_ms[0]
    behind = block.from_seq and [last - first for first, last in zip(block.from_seq, block.seq, strict=True)]
    heads = (seq, [n - seq for n in block.seq], ts_ms, [ms - ts_ms for ms in block.ts_ms])
    return _encode((*heads, behind, block.windows, block.flags, block.steps))


def unpack(body):
    """The Chunk of these bytes, its lists as they came; None where none of its readings said anything."""
    seq, seqs, ts_ms, instants, behind, windows, flags, steps = _decode(body)
    return Chunk([seq + n for n in seqs], [ts_ms + ms for ms in instants], behind, windows, flags, steps)
