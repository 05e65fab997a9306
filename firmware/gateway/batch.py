"""What waits, as the body of an A02 upload: columns of integers per terminal. No I/O."""

from firmware.protocol.channels import BY_NAME, in_range
from firmware.protocol.measured import to_steps
from firmware.protocol.received import span_of


def body_of(waiting, gateway_id, now_ms):
    """The body of docs/interfaces.md. A block holds readings of one terminal that measured the same channels."""
    return {
        "sent_ms": now_ms,
        "readings": _blocks([reading for _number, reading in waiting.readings]),
        "records": [
            {"source_id": source_id or gateway_id, "seq": seq, "kind": kind, "ts_ms": ts_ms, "body": body}
            for seq, kind, ts_ms, body, source_id in waiting.records
        ],
        "gaps": [{"terminal_id": terminal_id, **gap._asdict()} for _number, terminal_id, gap in waiting.gaps],
    }


def _blocks(readings):
    groups = {}
    for reading in readings:
        groups.setdefault((reading.terminal_id, *sorted(reading.values)), []).append(reading)
    return [_block(terminal_id, names, group) for (terminal_id, *names), group in groups.items()]


def _block(terminal_id, names, group):
    spans = {}
    if any(reading.windows != 1 for reading in group):
        spans["from_seq"] = [span_of(reading)[0] for reading in group]
        spans["windows"] = [reading.windows for reading in group]
    return {
        "terminal_id": terminal_id,
        "seq": [reading.seq for reading in group],
        "ts_ms": [reading.ts_ms for reading in group],
        "flags": [reading.flags for reading in group],
        "columns": {name: [steps_of(name, reading.values[name]) for reading in group] for name in names},
        **spans,
    }


def steps_of(name, value):
    """A value as an integer of its channel's steps, or None for measured and bad."""
    channel = BY_NAME[name]
    return to_steps(channel, value) if value is not None and in_range(channel, value) else None
