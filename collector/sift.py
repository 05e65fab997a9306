"""What of a decoded A02 body is good. No I/O.

A reading, gap or record that is wrong is sifted out with its own code; its neighbours go on.
"""

import json

from collector.batch import LooseColumns, lists_of
from collector.readings import Block, Refused
from firmware.protocol.channels import BY_NAME, OUT_OF_RANGE

MAX_SEQ = 2**53
MAX_FLAGS = 2**16
MAX_WINDOWS = 2**24
AHEAD_MS = 3_600_000
FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
GAP_REASONS = ("outbox_full", "reboot", "outbox_damaged")


def sift(columns, assigned, now_ms):
    """(Block of the readings that are good, [Refused] of the others). `assigned` are this gateway's terminals."""
    code, text = _refusal_of_all(columns, assigned)
    refused = []
    for row in range(len(columns.seq)):
        row_code, row_text = (code, text) if code else _refusal_of(columns, row, now_ms)
        if row_code:
            seq = columns.seq[row]
            refused.append(Refused(columns.terminal_id[:64], seq, row_code, row_text, _row_as_json(columns, row)))
            columns.seq[row] = None
    keep = [row for row, seq in enumerate(columns.seq) if seq is not None] if refused else None
    return _block(columns, keep), refused


def _refusal_of_all(columns, assigned):
    if columns.terminal_id not in assigned:
        return "terminal_foreign", f"terminal {_short(columns.terminal_id)} is not assigned to this gateway; assign it"
    for name in columns.columns:
        if name not in BY_NAME:
            return "channel_unknown", f"column {_short(name)} is not in the channel table; update the collector"
    return None, None


def _refusal_of(columns, row, now_ms):
    """(code, text) of the first thing wrong with one reading, or (None, None)."""
    seq, ts_ms = columns.seq[row], columns.ts_ms[row]
    first = columns.from_seq[row] if columns.from_seq else seq
    if not (type(seq) is int and type(first) is int and 0 < first <= seq < MAX_SEQ):
        return "seq_invalid", f"seq is {_short(seq)}, from {_short(first)}: not a positive whole number below 2^53"
    if type(columns) is LooseColumns:
        for name, values in lists_of(columns).items():
            value = values[row]
            if not (type(value) is int or (value is None and name.startswith("columns."))):
                return "value_not_a_number", f"{name} of seq {seq} is {_short(value)}: neither an integer nor null"
    for name, low, high in (("flags", 0, MAX_FLAGS), ("windows", 1, MAX_WINDOWS)):
        values = getattr(columns, name)
        if values and not low <= values[row] < high:
            return "value_not_a_number", f"{name} of seq {seq} is {_short(values[row])}: not from {low} to below {high}"
    if ts_ms > now_ms + AHEAD_MS:
        return "reading_future", f"ts_ms of seq {seq} is {_short(ts_ms)}, the time is {now_ms}: look at the clock"
    if ts_ms < FIRST_MS:
        return "reading_ancient", f"ts_ms of seq {seq} is {_short(ts_ms)}, before 2020: look at the clock"
    return None, None


def _block(columns, keep):
    """The Block of a terminal's readings, or of those rows of it that are kept."""

    def pick(values, default):
        if values is None:
            values = default
        return values if keep is None else [values[row] for row in keep]

    count = len(columns.seq)
    flags, values = list(pick(columns.flags, [0] * count)), {}
    for name, steps in columns.columns.items() if keep != [] else ():
        channel = BY_NAME[name]
        low, high, scale = channel.low * channel.scale, channel.high * channel.scale, channel.scale
        steps = pick(steps, None)
        values[name] = [step / scale if step is not None and low <= step <= high else None for step in steps]
        for row, step in enumerate(steps):
            if step is not None and not low <= step <= high:
                flags[row] |= OUT_OF_RANGE
    return Block(
        columns.terminal_id,
        pick(columns.seq, None),
        pick(columns.ts_ms, None),
        flags,
        pick(columns.from_seq, columns.seq),
        pick(columns.windows, [1] * count),
        values,
    )


def sift_gaps(gaps, assigned):
    """([(terminal_id, from_seq, to_seq, reason)], [Refused])."""
    good, refused = [], []
    for gap in gaps:
        terminal_id, first, last, reason = (gap.get(name) for name in ("terminal_id", "from_seq", "to_seq", "reason"))
        whole = type(first) is int and type(last) is int and 0 < first <= last < MAX_SEQ
        if not isinstance(terminal_id, str) or terminal_id not in assigned:
            text = f"terminal {_short(terminal_id)} is not assigned to this gateway; assign it"
            refused.append(_refused(gap, terminal_id, first, "terminal_foreign", text))
        elif not whole or reason not in GAP_REASONS:
            text = f"gap {_short(first)}-{_short(last)} for {_short(reason)} is impossible; update the gateway"
            refused.append(_refused(gap, terminal_id, first, "gap_invalid", text))
        else:
            good.append((terminal_id, first, last, reason))
    return good, refused


def sift_records(records):
    """([(source_id, seq, kind, ts_ms, body)], [Refused])."""
    good, refused = [], []
    for record in records:
        source_id, seq, kind, ts_ms = (record.get(name) for name in ("source_id", "seq", "kind", "ts_ms"))
        texts = all(isinstance(text, str) and 0 < len(text) <= 64 for text in (source_id, kind))
        numbers = all(type(number) is int and 0 < number < MAX_SEQ for number in (seq, ts_ms))
        if texts and numbers:
            good.append((source_id, seq, kind, ts_ms, record.get("body")))
        else:
            refused.append(record_refused(record, "source_id, seq, kind or ts_ms is missing or impossible"))
    return good, refused


def record_refused(record, text):
    """The Refused of a record."""
    return _refused(record, record.get("source_id"), record.get("seq"), "record_invalid", f"{text}; update the gateway")


def _refused(thing, source_id, seq, code, text):
    return Refused(str(source_id)[:64], seq, code, text, json.dumps(thing, ensure_ascii=False))


def _row_as_json(columns, row):
    one = {name.removeprefix("columns."): values[row] for name, values in lists_of(columns).items()}
    return json.dumps(one, ensure_ascii=False)


def _short(value):
    return repr(value)[:40]
