"""The compact body of an A02 upload, decoded. No I/O. docs/interfaces.md says what its bytes mean.

Readings of several terminals stand side by side in columns of differences, as they are stored. What a body may hold and
how it is refused is the same as in JSON.
"""

from typing import Any

import msgspec
import numpy as np

from collector.batch import BodyRefused, Columns, Rest, check_rest
from collector.readings import INVALID, VALID, Arrival, ends_of
from collector.readings import Columns as Arrays
from firmware.protocol.channels import BY_NAME

CONTENT_TYPE = "application/vnd.gantry.a02.v1"
WIDTHS = (0, 1, 2, 4, 8)
MAX_COLUMNS = 64
HEADS = {"seq": 0, "ts_ms": 0, "behind": 0, "windows": 1, "flags": 0}  # of each reading; what none has said means


class _Sheet(msgspec.Struct):
    """Readings of several terminals that measured the same channels."""

    terminals: list[str]
    counts: list[int]
    seq: bytes
    ts_ms: bytes
    columns: dict[str, bytes]
    bad: dict[str, list[int]] = {}
    flags: bytes | None = None
    behind: bytes | None = None
    windows: bytes | None = None


class _Packed(Rest):
    readings: list[_Sheet] = []


class _Batch(msgspec.Struct):
    readings: list[Any]
    records: list[dict[str, Any]]
    gaps: list[dict[str, Any]]


_decode = msgspec.msgpack.Decoder(_Packed).decode


def decode(body):
    """A batch of compact bytes; `readings` are Arrivals, or Columns where a channel is unknown. Raises BodyRefused."""
    try:
        packed = _decode(body)
    except msgspec.ValidationError as error:
        raise BodyRefused("body_invalid", f"{error}; update the gateway") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        code = "body_truncated" if "truncated" in str(error) else "body_invalid"
        raise BodyRefused(code, f"the body is not what its Content-Type says: {error}; send it again") from None
    check_rest(packed, sum(sum(sheet.counts) for sheet in packed.readings))
    readings = [one for at, sheet in enumerate(packed.readings) for one in _unfolded(at, sheet)]
    return _Batch(readings, packed.records, packed.gaps)


def _unfolded(at, sheet):
    """The readings of a sheet: one Arrival, or Columns of each terminal when a channel is not in the table."""
    if len(sheet.counts) != len(sheet.terminals) or any(count < 1 for count in sheet.counts):
        raise BodyRefused("body_invalid", f"$.readings[{at}].counts does not go with terminals; update the gateway")
    if len(sheet.columns) > MAX_COLUMNS:
        raise BodyRefused("body_invalid", f"$.readings[{at}] has {len(sheet.columns)} columns; update the gateway")
    count = sum(sheet.counts)
    if not count:
        return []
    said = {name: getattr(sheet, name) for name in HEADS if getattr(sheet, name) is not None}
    said |= {f"columns.{name}": packed for name, packed in sheet.columns.items()}
    columns = dict(zip(said, _columns(said, count, at), strict=True))
    heads = [columns[name] if name in columns else np.full(count, usual) for name, usual in HEADS.items()]
    steps = {name: columns[f"columns.{name}"] for name in sheet.columns}
    states = {name: _states(steps, rows, count, at, name) for name, rows in sheet.bad.items()}
    starts = np.cumsum([0, *sheet.counts[:-1]])
    if steps.keys() <= BY_NAME.keys():
        steps, states = ({BY_NAME[name].id: values for name, values in one.items()} for one in (steps, states))
        return [Arrival(sheet.terminals, starts, Arrays(*heads, steps, states))]
    return _listed(sheet.terminals, Arrival(sheet.terminals, starts, Arrays(*heads, steps, {})))


def _listed(terminals, arrival):
    """Columns of each terminal, for a sheet of which every reading will be refused."""
    found = arrival.columns
    return [
        Columns(
            terminal_id,
            found.seq[start:end].tolist(),
            found.ts_ms[start:end].tolist(),
            {name: values[start:end].tolist() for name, values in found.steps.items()},
        )
        for terminal_id, start, end in zip(terminals, arrival.starts, ends_of(arrival), strict=True)
    ]


def _columns(said, count, at):
    """Whole numbers out of their differences, byte by byte side by side: a row of an int64 array for each column."""
    planes = np.zeros((len(said), WIDTHS[-1], count), np.uint8)
    for row, (name, packed) in enumerate(said.items()):
        width = packed[0] if packed else -1
        if width not in WIDTHS or len(packed) != 1 + width * count:
            text = f"$.readings[{at}].{name} has {len(packed)} bytes for {count} readings; update the gateway"
            raise BodyRefused("body_invalid", text)
        planes[row, :width] = np.frombuffer(packed, np.uint8, offset=1).reshape(width, count)
    folded = np.ascontiguousarray(planes.transpose(0, 2, 1)).view("<u8").reshape(len(said), count)
    differences = (folded >> np.uint64(1)).view(np.int64) ^ -(folded & np.uint64(1)).view(np.int64)
    return np.cumsum(differences, axis=1)


def _states(steps, rows, count, at, name):
    """Which values of a channel were measured and bad; these become 0."""
    if name not in steps or any(not 0 <= row < count for row in rows):
        raise BodyRefused(
            "body_invalid", f"$.readings[{at}].bad.{name[:40]} names what is not there; update the gateway"
        )
    states = np.full(count, VALID, np.uint8)
    states[rows] = INVALID
    steps[name][rows] = 0
    return states
