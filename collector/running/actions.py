"""What people say of a unit's use: figures corrected with a reason, examinations typed or imported, the daily QC."""

import csv
import io
from datetime import date

from collector import audit, db, readings
from collector.errors import ActionError
from collector.running.figures import CORRECTABLE
from collector.running.models import DailyQc, Exam, UsageCorrection

EXAMS_MOST, HOURS_MOST, LINES_MOST = 2000, 25.0, 2000
RESULTS = ("passed", "limited", "failed", "not_done")
REASON_MOST = 300
SHOWN = 5  # of the lines that are wrong
REFUSALS = {  # code -> what is told; pages have their own words for it
    "what": "{value!r} cannot be corrected; take one of " + ", ".join(CORRECTABLE),
    "number": "{value!r} is no number from 0 to {most}",
    "whole": "{value} is no number of examinations; write a whole number",
    "reason": "the reason has {value} characters; write 1 to {most}",
    "note": "the note has {value} characters, {most} are taken",
    "result": "the result {value!r} is not known; take one of " + ", ".join(RESULTS),
    "lines": "nothing was taken; write a day as 2026-03-01 and a number from 0 to {most} in {value}",
    "many": "nothing was taken: there are {value} lines, {most} at most are taken",
    "csv": "nothing was taken: the file is no CSV in UTF-8; save it again as one",
}


class UsageRefused(ActionError):
    """What was said of a unit's use is not kept; `code` is one of REFUSALS, `said` the values in its text."""

    def __init__(self, code, **said):
        super().__init__(REFUSALS[code].format(**said))
        self.code, self.said = code, said


def correct(equipment, day, what, value, reason, now_ms):
    """The new UsageCorrection of a figure of a day; what was told stays beside it. Raises UsageRefused."""
    if what not in CORRECTABLE:
        raise UsageRefused("what", value=str(what)[:40])
    value = _number(value, EXAMS_MOST if what == "exams" else HOURS_MOST)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MOST:
        raise UsageRefused("reason", value=len(reason), most=REASON_MOST)
    with db.write():
        after = {"day": day.isoformat(), "what": what, "value": value, "reason": reason}
        audit.note("usage.correct", f"equipment {equipment.asset_number}", after=after)
        return UsageCorrection.create(equipment=equipment, actor=audit.acting().name, ts_ms=now_ms, **after)


def type_exams(equipment, day, count, zone, source="typed"):
    """Keep how many patients were examined on a day, in place of what was typed before. Raises UsageRefused."""
    count = whole(count)
    start_ms, end_ms = readings.bounds_of(day, zone)
    with db.write():
        key = {"equipment": equipment, "source": source, "source_key": day.isoformat()}
        before = Exam.get_or_none(**key)
        said = {"start_ms": start_ms, "end_ms": end_ms, "count": count, "actor": audit.acting().name}
        told = {"day": day.isoformat(), "count": before.count} if before else None
        record = f"equipment {equipment.asset_number}"
        audit.note(f"exams.{source}", record, told, {"day": day.isoformat(), "count": count})
        if before:
            Exam.update(said).where(Exam.id == before.id).execute()
        else:
            Exam.create(**key, **said)


def lines_of(content):
    """[(line number, date as text, count as text)] of CSV bytes; a heading is left out. Raises UsageRefused."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageRefused("csv") from error
    rows = [(number, *(row + [""])[:2]) for number, row in enumerate(rows, 1) if row]
    return rows[1:] if rows and not any(sign.isdigit() for cell in rows[0][1:] for sign in cell) else rows


def import_exams(equipment, lines, zone):
    """How many days were brought in of (line number, date as text, count as text); all or none. Raises UsageRefused."""
    if len(lines) > LINES_MOST:
        raise UsageRefused("many", value=len(lines), most=LINES_MOST)
    wrong, good = [], []
    for number, day, count in lines:
        try:
            good.append((date.fromisoformat(day.strip()), whole(count)))
        except (ValueError, UsageRefused):
            wrong.append(f"{number} ({day[:20]}, {count[:20]})")
    if wrong:
        more = ["..."] if len(wrong) > SHOWN else []
        raise UsageRefused("lines", value="; ".join(wrong[:SHOWN] + more), most=EXAMS_MOST)
    with db.write():
        for day, count in good:
            type_exams(equipment, day, count, zone, "imported")
    return len(good)


def say_qc(equipment, day, result, note, now_ms):
    """The new DailyQc of a day. Raises UsageRefused."""
    if result not in RESULTS:
        raise UsageRefused("result", value=str(result)[:40])
    if len(note) > REASON_MOST:
        raise UsageRefused("note", value=len(note), most=REASON_MOST)
    with db.write():
        after = {"day": day.isoformat(), "result": result, "note": note.strip()}
        audit.note("qc.daily", f"equipment {equipment.asset_number}", after=after)
        return DailyQc.create(equipment=equipment, actor=audit.acting().name, ts_ms=now_ms, **after)


def _number(text, most):
    """A number of 0 to `most`. Raises UsageRefused."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value <= most:
        raise UsageRefused("number", value=str(text)[:40], most=f"{most:g}")
    return value


def whole(text):
    """A number of examinations. Raises UsageRefused."""
    count = _number(text, EXAMS_MOST)
    if count != int(count):
        raise UsageRefused("whole", value=str(text)[:40])
    return int(count)
