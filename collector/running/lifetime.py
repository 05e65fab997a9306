"""The hours and examinations of a unit's whole life: those from before it was measured, as typed, and those since."""

from collections import namedtuple
from datetime import timedelta

from collector import audit, db
from collector.clock import day_at
from collector.errors import ActionError
from collector.running import figures
from collector.running.lifetime_models import UseBefore, known_since

HOURS_MOST, EXAMS_MOST, TEXT_MOST = 500_000, 5_000_000, 200
REFUSALS = {  # code -> what is told; pages have their own words for it
    "number": "{value!r} is no number from 0 to {most}",
    "day": "{value!r} is no day that is over; write one as 2026-03-01",
    "text": "the {name} has {value} characters; write 1 to {most}",
}

# before: the UseBefore that counts, or None; first_on: the first day that is counted as measured, None without any
Lifetime = namedtuple("Lifetime", "before first_on measured_exams measured_on_h exams on_h")


class BeforeRefused(ActionError):
    """What was said of the time before is not kept; `field`, `code`, `said`: where, one of REFUSALS, its values."""

    def __init__(self, field, code, **said):
        super().__init__(REFUSALS[code].format(**said))
        self.field, self.code, self.said = field, code, said


def lifetime(equipment, today, zone):
    """The Lifetime of an Equipment up to a date. Days up to that of what was typed are not counted again."""
    before, since_ms = next(iter(UseBefore.of(equipment)), None), known_since(equipment)
    first = since_ms if since_ms is None else day_at(since_ms, zone)
    if before and first is not None:
        first = max(first, before.last_on + timedelta(days=1))
    some = figures.figures(equipment, first, today, zone) if first is not None and first <= today else []
    exams, on_h, _working = figures.total(some)
    typed = (before.exams, before.on_h) if before else (0, 0.0)
    return Lifetime(before, first if some else None, exams, on_h, typed[0] + exams, typed[1] + on_h)


def say_before(equipment, until_on, on_h, exams, source, reason, now_ms, zone):
    """The new UseBefore of an Equipment; what was said before stays. Raises BeforeRefused.

    `until_on`: a date, or None for what is none; `on_h`, `exams`: numbers or their texts.
    """
    if until_on is None or until_on >= day_at(now_ms, zone):
        raise BeforeRefused("until_on", "day", value=str(until_on))
    on_h, exams = _number("on_h", on_h, HOURS_MOST, float), _number("exams", exams, EXAMS_MOST, int)
    for name, text in (("source", source), ("reason", reason)):
        if not 0 < len(text.strip()) <= TEXT_MOST:
            raise BeforeRefused(name, "text", name=name, value=len(text.strip()), most=TEXT_MOST)
    with db.write():
        after = {"until_on": until_on.isoformat(), "on_h": on_h, "exams": exams}
        after |= {"source": source.strip(), "reason": reason.strip()}
        audit.note("usage.before", f"equipment {equipment.asset_number}", after=after)
        return UseBefore.create(equipment=equipment, actor=audit.acting().name, ts_ms=now_ms, **after)


def _number(field, text, most, kind):
    try:
        value = kind(text)
    except (TypeError, ValueError):
        value = -1
    if not 0 <= value <= most:
        raise BeforeRefused(field, "number", value=str(text)[:40], most=most)
    return value
