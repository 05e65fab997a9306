"""What of a decoded A02 body is good. No I/O.

A reading, gap or record that is wrong is sifted out with its own code; its neighbours go on.
"""

import json

from collector.batch import Columns, LooseColumns, lists_of
from collector.readings import Block, Refused, picked
from firmware.protocol.channels import BY_NAME, CHANNELS, OUT_OF_RANGE

MAX_SEQ = 2**53
MAX_FLAGS = 2**16
MAX_WINDOWS = 2**24
AHEAD_MS = 3_600_000
FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
GAP_REASONS = ("outbox_full", "reboot", "outbox_damaged")
BOUNDS = {channel.id: (channel.low * channel.scale, channel.high * channel.scale) for channel in CHANNELS}


def sift(columns, assigned, now_ms):
    """(Block of the readings that are good, [Refused] of the others). `assigned` are this gateway's terminals."""
    code, text = _refusal_of_all(columns, assigned)
    if code is None and _is_plain(columns, now_ms):
        return _block(columns, None), []
    keep, refused = [], []
    for row, seq in enumerate(columns.seq):
        row_code, row_text = (code, text) if code else _refusal_of(columns, row, now_ms)
        if row_code:
            refused.append(Refused(columns.terminal_id[:64], seq, row_code, row_text, _row_as_json(columns, row)))
        else:
            keep.append(row)
    return _block(columns, keep if refused else None), refused


def _is_plain(columns, now_ms):
    """Whether nothing can be wrong with any reading: looked at column by column, because nearly all of them are so."""
    seq, ts_ms = columns.seq, columns.ts_ms
    return (
        type(columns) is Columns
        and bool(seq)
        and columns.from_seq is None
        and columns.flags is None
        and columns.windows is None
        and min(seq) > 0
        and max(seq) < MAX_SEQ
        and min(ts_ms) >= FIRST_MS
        and max(ts_ms) <= now_ms + AHEAD_MS
    )


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
    steps = {BY_NAME[name].id: values for name, values in columns.columns.items() if keep != []}
    heads = (columns.flags, columns.from_seq, columns.windows)
    block = Block(columns.terminal_id, columns.seq, columns.ts_ms, steps, *heads)
    return _marked(block if keep is None else picked(block, keep))


def _marked(block):
    """The same, with every value that its channel cannot mean made invalid and its reading flagged."""
    flags = block.flags
    for channel_id, values in block.steps.items():
        low, high = BOUNDS[channel_id]
        known = values if None not in values else [value for value in values if value is not None]
        if known and not (low <= min(known) and max(known) <= high):
            flags = list(flags or [0] * len(values))
            for row, value in enumerate(values):
                if value is not None and not low <= value <= high:
                    flags[row] |= OUT_OF_RANGE
            block.steps[channel_id] = [value if value is None or low <= value <= high else None for value in values]
    return block if flags is block.flags else block._replace(flags=flags)


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
