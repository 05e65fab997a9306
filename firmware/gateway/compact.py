"""The compact body of an A02 upload, for collectors that offer it: columns of differences, byte by byte. No I/O.

docs/interfaces.md says what the bytes mean; it takes a third of the bytes of the same body in JSON.
"""

import struct
from itertools import chain, pairwise

import msgspec

CONTENT_TYPE = "application/vnd.gantry.a02.v1"
_WIDTHS = ((0, 0, ""), (0xFF, 1, "B"), (0xFFFF, 2, "H"), (0xFFFF_FFFF, 4, "I"), (2**64 - 1, 8, "Q"))


def packed(body):
    """The bytes of a body as firmware/gateway/batch.py makes it."""
    sheets = {}
    for block in body["readings"]:
        sheets.setdefault((*sorted(block["columns"]),), []).append(block)
    readings = [_sheet(names, blocks) for names, blocks in sheets.items()]
    return msgspec.msgpack.encode(body | {"readings": readings})


def _sheet(names, blocks):
    seq = _side_by_side(block["seq"] for block in blocks)
    sheet = {
        "terminals": [block["terminal_id"] for block in blocks],
        "counts": [len(block["seq"]) for block in blocks],
        "seq": _column(seq),
        "ts_ms": _column(_side_by_side(block["ts_ms"] for block in blocks)),
        "columns": {},
        "bad": {},
    }
    for name in names:
        values = _side_by_side(block["columns"][name] for block in blocks)
        bad = [row for row, value in enumerate(values) if value is None]
        if bad:
            sheet["bad"][name] = bad
        sheet["columns"][name] = _column(_carried_on(values) if bad else values)
    flags = _side_by_side(block["flags"] for block in blocks)
    if any(flags):
        sheet["flags"] = _column(flags)
    if any("from_seq" in block for block in blocks):
        first = _side_by_side(block.get("from_seq", block["seq"]) for block in blocks)
        sheet["behind"] = _column([last - one for one, last in zip(first, seq, strict=True)])
        sheet["windows"] = _column(_side_by_side(block.get("windows", [1] * len(block["seq"])) for block in blocks))
    return sheet


def _side_by_side(lists):
    return list(chain.from_iterable(lists))


def _carried_on(values):
    """The same with the value before in place of None: it costs nothing, and whoever reads it knows which these are."""
    last, out = 0, []
    for value in values:
        last = last if value is None else value
        out.append(last)
    return out


def _column(values):
    """How many bytes each difference takes, and the differences, first all lowest bytes, then all next."""
    folded = [(step << 1) ^ (step >> 63) for step in (after - before for before, after in pairwise((0, *values)))]
    largest = max(folded)
    width, letter = next((width, letter) for most, width, letter in _WIDTHS if largest <= most)
    if not width:
        return b"\0"
    raw = struct.pack(f"<{len(folded)}{letter}", *folded)
    return bytes((width,)) + b"".join(raw[plane::width] for plane in range(width))
