"""What of a decoded A02 body is good. No I/O.

A reading, gap or record that is wrong is sifted out with its own code; its neighbours go on. Readings are looked at
side by side, all terminals at once, because nearly all are good; one by one only where something is wrong.
"""

import json

import numpy as np

from collector.batch import Columns, LooseColumns, lists_of
from collector.readings import INVALID, VALID, Arrival, Block, Refused, ends_of, side_by_side
from firmware.protocol.channels import BY_NAME, CHANNELS, OUT_OF_RANGE

MAX_SEQ = 2**53
MAX_FLAGS = 2**16
MAX_WINDOWS = 2**24
AHEAD_MS = 3_600_000
FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
GAP_REASONS = ("outbox_full", "reboot", "outbox_damaged")
BOUNDS = {channel.id: (channel.low * channel.scale, channel.high * channel.scale) for channel in CHANNELS}
NAMES = {channel.id: channel.name for channel in CHANNELS}
FAR = 2**62  # what no channel can mean, and 64 bits hold


def sift(sheets, assigned, now_ms):
    """([Arrival] of the readings that are good, [Refused] of the others). `assigned` are this gateway's terminals."""
    arrivals, doubtful = _arrivals(sheets)
    good = []
    for arrival in arrivals:
        if _is_plain(arrival, assigned, now_ms):
            good.append(_marked(arrival))
        else:
            doubtful += one_by_one(arrival)
    blocks, refused = [], []
    for columns in doubtful:
        keep, wrong = _judged(columns, assigned, now_ms)
        blocks.append(_block(columns, keep))
        refused += wrong
    return good + [_marked(arrival) for arrival in side_by_side(blocks)], refused


def _arrivals(sheets):
    """([Arrival], [Columns or LooseColumns of which none can be made])."""
    arrivals, blocks, doubtful = [], [], []
    for sheet in sheets:
        if type(sheet) is Arrival:
            arrivals.append(sheet)
        elif type(sheet) is Columns and sheet.columns.keys() <= BY_NAME.keys():
            blocks.append(sheet)
        else:
            doubtful.append(sheet)
    try:
        return arrivals + side_by_side([_block(columns) for columns in blocks]), doubtful
    except OverflowError:
        return arrivals, doubtful + blocks


def _is_plain(arrival, assigned, now_ms):
    """Whether nothing can be wrong with any reading but a value out of its range."""
    found = arrival.columns
    return (
        assigned.issuperset(arrival.terminal_ids)
        and found.behind.min() >= 0
        and (found.seq - found.behind).min() > 0
        and found.seq.max() < MAX_SEQ
        and found.windows.min() > 0
        and found.windows.max() < MAX_WINDOWS
        and found.flags.min() >= 0
        and found.flags.max() < MAX_FLAGS
        and found.ts_ms.min() >= FIRST_MS
        and found.ts_ms.max() <= now_ms + AHEAD_MS
    )


def one_by_one(arrival):
    """[Columns] of the stretches of an Arrival."""
    return [
        _listed(terminal_id, slice(start, end), arrival.columns)
        for terminal_id, start, end in zip(arrival.terminal_ids, arrival.starts, ends_of(arrival), strict=True)
    ]


def _listed(terminal_id, rows, found):
    columns = {}
    for channel_id, values in found.steps.items():
        columns[NAMES[channel_id]] = listed = values[rows].tolist()
        for row in np.flatnonzero(found.states[channel_id][rows] != VALID) if channel_id in found.states else ():
            listed[row] = None
    heads = (found.flags, found.seq - found.behind, found.windows)
    return Columns(
        terminal_id,
        found.seq[rows].tolist(),
        found.ts_ms[rows].tolist(),
        columns,
        *(one[rows].tolist() for one in heads),
    )


def _marked(arrival):
    """The same, with every value that its channel cannot mean made invalid and its reading flagged."""
    found = arrival.columns
    for channel_id, steps in found.steps.items():
        low, high = BOUNDS[channel_id]
        if steps.min() < low or steps.max() > high:
            states = found.states.get(channel_id, np.full(len(steps), VALID, np.uint8))
            beyond = ((steps < low) | (steps > high)) & (states == VALID)
            found.flags[beyond] |= OUT_OF_RANGE
            found.states[channel_id] = np.where(beyond, np.uint8(INVALID), states)
            found.steps[channel_id] = np.where(beyond, 0, steps)
    return arrival


def _judged(columns, assigned, now_ms):
    """([rows that are good], [Refused] of the others)."""
    code, text = _refusal_of_all(columns, assigned)
    keep, refused = [], []
    for row, seq in enumerate(columns.seq):
        row_code, row_text = (code, text) if code else _refusal_of(columns, row, now_ms)
        if row_code:
            refused.append(Refused(columns.terminal_id[:64], seq, row_code, row_text, _row_as_json(columns, row)))
        else:
            keep.append(row)
    return keep, refused


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


def _block(columns, rows=None):
    """The Block of a terminal's readings, or of those rows of it that are good."""
    if rows is None:
        steps = {BY_NAME[name].id: values for name, values in columns.columns.items()}
        heads = (columns.flags, columns.from_seq, columns.windows)
        return Block(columns.terminal_id, columns.seq, columns.ts_ms, steps, *heads)

    def pick(values):
        return [values[row] for row in rows] if values else None

    steps = {}
    for name, values in columns.columns.items() if rows else ():
        picked = (values[row] for row in rows)
        steps[BY_NAME[name].id] = [value if value is None else max(-FAR, min(FAR, value)) for value in picked]
    heads = (pick(columns.flags), pick(columns.from_seq), pick(columns.windows))
    return Block(columns.terminal_id, pick(columns.seq) or [], pick(columns.ts_ms), steps, *heads)


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
