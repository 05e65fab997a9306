"""What people say of a unit's use: figures corrected with a reason, examinations typed or imported, the daily QC."""

from datetime import date

from collector import audit, db, readings
from collector.errors import ActionError
from collector.running.figures import CORRECTABLE
from collector.running.models import DailyQc, Exam, UsageCorrection

EXAMS_MOST, HOURS_MOST, LINES_MOST = 2000, 25.0, 2000
RESULTS = ("passed", "limited", "failed", "not_done")
REASON_MOST = 300


def correct(equipment, day, what, value, reason, now_ms):
    """The new UsageCorrection of a figure of a day; what was told stays beside it. Raises ActionError."""
    if what not in CORRECTABLE:
        raise ActionError(f"{what!r} cannot be corrected; take one of {', '.join(CORRECTABLE)}")
    value = _number(value, EXAMS_MOST if what == "exams" else HOURS_MOST, what)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MOST:
        raise ActionError(f"the reason has {len(reason)} characters; write 1 to {REASON_MOST}")
    with db.write():
        after = {"day": day.isoformat(), "what": what, "value": value, "reason": reason}
        audit.note("usage.correct", f"equipment {equipment.asset_number}", after=after)
        return UsageCorrection.create(equipment=equipment, actor=audit.acting().name, ts_ms=now_ms, **after)


def type_exams(equipment, day, count, zone, source="typed"):
    """Keep how many patients were examined on a day, in place of what was typed before. Raises ActionError."""
    count = _number(count, EXAMS_MOST, "exams")
    if count != int(count):
        raise ActionError(f"{count} is no number of examinations; write a whole number")
    start_ms, end_ms = readings.bounds_of(day, zone)
    with db.write():
        key = {"equipment": equipment, "source": source, "source_key": day.isoformat()}
        before = Exam.get_or_none(**key)
        said = {"start_ms": start_ms, "end_ms": end_ms, "count": int(count), "actor": audit.acting().name}
        told = {"day": day.isoformat(), "count": before.count} if before else None
        record = f"equipment {equipment.asset_number}"
        audit.note(f"exams.{source}", record, told, {"day": day.isoformat(), "count": int(count)})
        if before:
            Exam.update(said).where(Exam.id == before.id).execute()
        else:
            Exam.create(**key, **said)


def import_exams(equipment, lines, zone):
    """How many days were brought in of (line number, date as text, count as text); all or none. Raises ActionError."""
    wrong, good = [], []
    for number, day, count in lines[: LINES_MOST + 1]:
        try:
            good.append((date.fromisoformat(day.strip()), _number(count, EXAMS_MOST, "exams")))
        except (ValueError, ActionError) as error:
            wrong.append(f"line {number}: {error}")
    if len(lines) > LINES_MOST:
        wrong.append(f"there are {len(lines)} lines, {LINES_MOST} at most are taken")
    if wrong:
        raise ActionError("; ".join(wrong[:5]))
    with db.write():
        for day, count in good:
            type_exams(equipment, day, count, zone, "imported")
    return len(good)


def say_qc(equipment, day, result, note, now_ms):
    """The new DailyQc of a day. Raises ActionError."""
    if result not in RESULTS:
        raise ActionError(f"the result {result!r} is not known; take one of {', '.join(RESULTS)}")
    if len(note) > REASON_MOST:
        raise ActionError(f"the note has {len(note)} characters, {REASON_MOST} are taken")
    with db.write():
        after = {"day": day.isoformat(), "result": result, "note": note.strip()}
        audit.note("qc.daily", f"equipment {equipment.asset_number}", after=after)
        return DailyQc.create(equipment=equipment, actor=audit.acting().name, ts_ms=now_ms, **after)


def _number(text, most, what):
    """A number of 0 to `most`. Raises ActionError."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value <= most:
        raise ActionError(f"{what} is {str(text)[:40]!r}; write a number from 0 to {most:g}")
    return value
