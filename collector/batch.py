"""The body of an A02 upload, decoded. No I/O. A body whose shape is wrong is refused whole; the rest is sift.py's."""

from typing import Any

import msgspec

from collector.readings import Arrival

MAX_READINGS = MAX_RECORDS = MAX_GAPS = 500
Steps = list[int | None]


class BodyRefused(Exception):
    """A body that is refused whole; `code` stands in docs/interfaces.md, the text names path and value."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Columns(msgspec.Struct):
    """Readings of one terminal as they come when all is well."""

    terminal_id: str
    seq: list[int]
    ts_ms: list[int]
    columns: dict[str, Steps]
    flags: list[int] | None = None
    from_seq: list[int] | None = None
    windows: list[int] | None = None


class LooseColumns(msgspec.Struct):
    """The same when some value is not what it should be."""

    terminal_id: str
    seq: list[Any]
    ts_ms: list[Any]
    columns: dict[str, list[Any]]
    flags: list[Any] | None = None
    from_seq: list[Any] | None = None
    windows: list[Any] | None = None


class Rest(msgspec.Struct, kw_only=True):
    """What is in a body beside its readings."""

    sent_ms: int
    records: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []


class Batch(Rest):
    readings: list[Columns] = []


class _LooseBatch(Rest):
    readings: list[LooseColumns] = []


_decode = msgspec.json.Decoder(Batch).decode
_decode_loosely = msgspec.json.Decoder(_LooseBatch).decode


def decode(body, type_decode=_decode):
    """A Batch of JSON bytes, of Columns or, when a value is wrong, of LooseColumns. Raises BodyRefused."""
    try:
        batch = type_decode(body)
    except msgspec.ValidationError as error:
        if type_decode is _decode:
            return decode(body, _decode_loosely)
        raise BodyRefused("body_invalid", f"{error}; update the gateway") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        code = "body_truncated" if "truncated" in str(error) else "body_invalid"
        raise BodyRefused(code, f"the body is no JSON: {error}; send it again") from None
    _check_sizes(batch)
    return batch


def _check_sizes(batch):
    for at, columns in enumerate(batch.readings):
        lengths = {len(columns.seq), len(columns.ts_ms), *map(len, columns.columns.values())}
        heads = (columns.flags, columns.from_seq, columns.windows)
        if len(lengths) > 1 or any(values and len(values) not in lengths for values in heads):
            _refuse_lengths(at, columns)
    check_rest(batch, sum(len(columns.seq) for columns in batch.readings))


def check_rest(batch, readings):
    """Raises BodyRefused when there is more of anything than one upload may hold."""
    for what, count, most in (
        ("readings", readings, MAX_READINGS),
        ("records", len(batch.records), MAX_RECORDS),
        ("gaps", len(batch.gaps), MAX_GAPS),
    ):
        if count > most:
            raise BodyRefused("body_oversized", f"$.{what} holds {count}, {most} are allowed; send smaller batches")


def _refuse_lengths(at, columns):
    name, values = next(pair for pair in lists_of(columns).items() if len(pair[1]) != len(columns.seq))
    text = f"$.readings[{at}].{name} holds {len(values)} values, seq holds {len(columns.seq)}"
    raise BodyRefused("body_invalid", f"{text}; make the columns equally long")


def terminal_ids(batch):
    """The ids of the terminals of which a Batch brings readings or gaps, each once; at most MAX_READINGS + MAX_GAPS."""
    found = set()
    for one in batch.readings:
        if isinstance(one, Arrival):
            found.update(one.terminal_ids)
        elif one.seq:
            found.add(one.terminal_id)
    found.update(gap["terminal_id"] for gap in batch.gaps if isinstance(gap.get("terminal_id"), str))
    return sorted(found)


def lists_of(columns):
    """Every list of a terminal's readings by its path."""
    heads = {name: getattr(columns, name) for name in ("seq", "ts_ms", "flags", "from_seq", "windows")}
    lists = {name: values for name, values in heads.items() if values is not None}
    return lists | {f"columns.{name}": values for name, values in columns.columns.items()}
