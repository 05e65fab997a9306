"""Hours that are over -> spells, examinations and seconds in each state, kept; late readings repair theirs.

An hour is told once the hour after it has been over for twelve minutes, from itself and the hours beside it. Each step
is a transaction that reads what is stored, so that what came late is either in it or marked for the next.
"""

from collector import db, readings
from collector.running import current, models, telling
from collector.running.models import DAY_MS
from collector.running.telling import DAY
from firmware.processing.state import HOUR_MS

GRACE_MS = 720_000  # after sealing: an hour is read from its block
AT_ONCE = 24  # hours told in one transaction


def last_over(now_ms):
    """The newest hour that can be told."""
    return (now_ms - GRACE_MS) // HOUR_MS - 2


def last_of(held, now_ms):
    """The same of a binding, which may have ended."""
    return min(last_over(now_ms), (held.to_ms or now_ms) // HOUR_MS)


def first_hour(terminal_id, from_ms, to_ms):
    """The number of the first hour with a valid current, or None."""
    if to_ms <= from_ms:
        return None
    found = readings.hours(terminal_id, current.CHANNEL, from_ms // HOUR_MS * HOUR_MS, to_ms)
    return found[0].hour_ms // HOUR_MS if found else None


def records_of(versions):
    """The Levels records of [Version] one behind the other: each holds until the next version begins."""
    out = []
    for version in versions:
        later = [record for record in version.records[1:] if record.from_ms > version.from_ms]
        first = version.records[len(version.records) - len(later) - 1]
        out = [record for record in out if record.from_ms < version.from_ms]
        out += [first._replace(from_ms=version.from_ms), *later]
    return out


def version_at(versions, ts_ms):
    """The Version that holds at an instant: the first also before it began."""
    return next((one for one in reversed(versions) if one.from_ms <= ts_ms), versions[0])


def settle(terminal_id, held, unit, late, now_ms):
    """Tell a unit's hours that are due, and those that readings came for late. How many hours.

    held: its equipment.Held; late: hour numbers. Without levels nothing is told.
    """
    versions, last = models.versions_of(held.binding_id), last_of(held, now_ms)
    if not versions:
        return 0
    teller, count = telling.Teller(records_of(versions)), 0
    due = sorted(set(range(unit.through + 1, last + 1)) | {hour + n for hour in late for n in (-1, 0, 1)})
    due = [hour for hour in due if hour <= last]
    late = [hour for hour in late if hour <= last - 1]
    for at in range(0, len(due), AT_ONCE):
        some = due[at : at + AT_ONCE]
        with db.write():
            changed = _settle(terminal_id, held, teller, versions, some)
            models.keep_unit(unit._replace(through=max(unit.through, some[-1])))
            for hour in changed.intersection(late):
                models.mark_for_review(held.binding_id, hour * HOUR_MS, hour * HOUR_MS + HOUR_MS, now_ms)
            models.settled_again(held.binding_id, late if at + AT_ONCE >= len(due) else ())
        count += len(some)
    return count


def _settle(terminal_id, held, teller, versions, hours):
    """Tell these hours, and make the figures of the days they can change. The hours that are not what they were."""
    fresh = spells_of_hours(terminal_id, held, teller, hours)
    days = telling.days_near(hours)
    kept = models.spells_of_days(held.binding_id, days[0] - 1, days[-1] + 1)
    changed, others = {}, set()
    for hour, spells in fresh.items():
        day_no = hour // DAY
        before = kept.get(day_no, {})
        if before.get(hour, []) != spells:
            kept[day_no] = before = {**before, hour: spells}
            changed[day_no] = before
            others.add(hour)
    models.keep_days(held.binding_id, changed)
    for day_no in days:
        _figures_of_day(terminal_id, held, versions, day_no, kept)
    return others


def spells_of_hours(terminal_id, held, teller, hours):
    """{hour number: [Spell]} of these hours, from what is stored."""
    runs, out = {}, {}
    for first, last in _stretches(hours):
        span = (max((first - 1) * HOUR_MS, held.from_ms), min((last + 2) * HOUR_MS, held.to_ms or DAY_MS * 10**6))
        columns = current.columns_of(terminal_id, *span, teller.window_ms)
        runs |= teller.runs(columns) if columns else {}
    for hour in hours:
        out[hour] = telling.told(runs, hour)
    return out


def _stretches(hours):
    """[(first, last)] of rising numbers that follow each other, or nearly."""
    out = []
    for hour in hours:
        if out and hour - out[-1][1] <= 3:
            out[-1] = (out[-1][0], hour)
        else:
            out.append((hour, hour))
    return out


def _figures_of_day(terminal_id, held, versions, day_no, kept):
    """Make a day's examinations and seconds anew, from the spells of it and around it."""
    near = [kept.get(day, {}) for day in (day_no - 1, day_no, day_no + 1)]
    spells = [one for hours in near for hour in sorted(hours) for one in hours[hour]]
    version = version_at(versions, day_no * DAY_MS)
    spells, exams = telling.day_of(version.habits, version.records[0].either, spells, day_no)
    models.replace_exams(held.binding_id, held.equipment_id, day_no, exams)
    readings.put_states(terminal_id, telling.quarters_of(spells, sorted(kept.get(day_no, {}))))
