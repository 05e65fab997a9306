"""An Analysis as people read it, and as programs do. The shapes are fixed in docs/running-state.md."""

from datetime import UTC, datetime

from firmware.processing.state import READY, STANDBY

EITHER = (STANDBY, READY)


def as_json(found):
    """An Analysis as plain values."""
    alike = bool(found.levels and found.levels[0].either)
    return {
        "class": found.kind,
        "class_given": found.given,
        "window_s": found.window_s,
        "levels": [_level(record) for record in found.levels],
        "exam_pause_s": None if found.habits is None else round(found.habits.gap_ms / 1000, 1),
        "states": [_state(spell, alike) for spell in found.spells],
        "exams": [
            {"start_ms": exam.start_ms, "end_ms": exam.end_ms, "confidence": round(exam.sure, 3)}
            for exam in found.exams
        ],
        "notes": found.notes,
    }


def _level(record):
    return {
        "from_ms": record.from_ms,
        "gain": round(record.gain, 4),
        "plateaus": [{"state": state, "current_a": round(amps * record.gain, 4)} for state, amps in record.plateaus],
        "compressor_a": round(record.cycle_a * record.gain, 4),
        "working_above_a": None if record.burst_a is None else round(record.burst_a * record.gain, 4),
        "standby_or_ready": record.either,
        "confidence": round(record.sure, 3),
    }


def _state(spell, alike):
    row = {"start_ms": spell.start_ms, "end_ms": spell.end_ms, "state": spell.state, "confidence": round(spell.sure, 3)}
    if alike and spell.state in EITHER:
        row["either"] = list(EITHER)
    return row


def as_text(found):
    """An Analysis as lines: levels and notes after #, then the states, then the examinations, each as CSV."""
    whole = as_json(found)
    yield f"# class {found.kind}{'' if found.given else ' (guessed)'}, windows of {found.window_s:g} s"
    for note in found.notes:
        yield f"# note: {note}"
    for level in whole["levels"]:
        yield f"# levels from {_instant(level['from_ms'])}: {_levels(level)}"
    if whole["levels"] and whole["levels"][0]["standby_or_ready"]:
        yield "# standby and ready draw the same here: where one is said, it may be the other"
    yield from _hours(found)
    yield "start_ms,end_ms,state,confidence"
    for row in whole["states"]:
        yield f"{row['start_ms']},{row['end_ms']},{row['state']},{row['confidence']:g}"
    yield ""
    yield f"# {len(found.exams)} examinations"
    yield "start_ms,end_ms,confidence"
    for row in whole["exams"]:
        yield f"{row['start_ms']},{row['end_ms']},{row['confidence']:g}"


def _levels(level):
    parts = [f"{one['state']} {one['current_a']:g} A" for one in level["plateaus"]]
    if level["compressor_a"]:
        parts.append(f"compressor +{level['compressor_a']:g} A")
    if level["working_above_a"] is not None:
        parts.append(f"working above {level['working_above_a']:g} A")
    return ", ".join(parts) + f" (confidence {level['confidence']:g})"


def _hours(found):
    total = {}
    for spell in found.spells:
        total[spell.state] = total.get(spell.state, 0) + spell.end_ms - spell.start_ms
    if total:
        yield "# hours: " + ", ".join(f"{state} {ms / 3_600_000:.2f}" for state, ms in total.items())


def _instant(ts_ms):
    try:
        return datetime.fromtimestamp(ts_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return f"{ts_ms} ms"
