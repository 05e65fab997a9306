"""Everything that the usage page of one piece of equipment shows of a day and what lies around it."""

from collections import namedtuple
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from collector import readings
from collector.equipment import Binding
from collector.running import current, days, disk, figures, reconciling
from collector.running.models import DailyQc, Exam
from collector.running.telling import QUARTER_MS
from firmware.processing.state import HOUR_MS, UNKNOWN, WORKING

WEEK, FINDING_DAYS, CHECKED_DAYS = 7, 60, 14
TRACE_STEP_MS = 120_000

Day = namedtuple("Day", "on from_ms to_ms spells exams sessions points by_hour")
# spells, exams, sessions of the day; points: of its current; by_hour: examinations that began in each of 24 hours
Around = namedtuple("Around", "week month year")  # week: [(day, [share worked in each hour])]; month: [Figure]; year
Checked = namedtuple("Checked", "figure beside apart qc")
# a day's examinations from all sources; beside: None without DICOM; apart: how many more people tell than was measured
Disk = namedtuple("Disk", "used_pct size_gb days_to_full trend")
Used = namedtuple("Used", "name used_pct size_gb used")  # name: of who tells; used: [(ts_ms, GB)] hour by hour


def day_of(equipment, on, zone, now_ms):
    """The Day."""
    from_ms, to_ms = readings.bounds_of(on, zone)
    until_ms = min(to_ms, now_ms)
    spells, exams = figures.told_between(equipment, from_ms, until_ms, now_ms) if until_ms > from_ms else ([], [])
    points = []
    for terminal_id, held in figures.units_of(equipment, from_ms, to_ms):
        span = max(from_ms, held.from_ms), min(to_ms, held.to_ms or to_ms)
        points += readings.series(terminal_id, *current.CHANNELS[:1], *span, TRACE_STEP_MS, *current.CHANNELS[1:])
    by_hour = [0] * 24
    for one in exams:
        by_hour[hour_of(one.start_ms, zone)] += 1
    return Day(on, from_ms, to_ms, spells, exams, figures.sessions(spells, exams), points, by_hour)


def hour_of(ts_ms, zone):
    """The hour of an instant on the wall."""
    return datetime.fromtimestamp(ts_ms / 1000, ZoneInfo(zone)).hour


def idle_kwh(day, supply, place):
    """What a unit drew on a Day while on and not examining, None where nothing is known of it."""
    lived = days.days_of(day.spells, day.exams, place, supply)
    return sum(one.idle_kwh for one in lived) if lived else None


def figure_of(day):
    """(hours on, hours working) of a Day that is not over."""
    hours = {}
    for one in day.spells:
        hours[one.state] = hours.get(one.state, 0) + (one.end_ms - one.start_ms) / HOUR_MS
    on_h = sum(value for state, value in hours.items() if state not in ("off", UNKNOWN))
    return on_h, hours.get(WORKING, 0.0)


def around(equipment, on, zone):
    """The Around of a day: the seven days up to it, its month, its year."""
    first = on.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    year = figures.figures(equipment, on.replace(month=1, day=1), on.replace(month=12, day=31), zone)
    week = [on - timedelta(days=n) for n in range(WEEK - 1, -1, -1)]
    shares = [(day, _shares(equipment, day, zone)) for day in week]
    return Around(shares, [one for one in year if first <= one.day <= last], year)


def _shares(equipment, day, zone):
    """The share of each of 24 hours in which a unit worked; an hour that a clock repeats counts once."""
    from_ms, to_ms = readings.bounds_of(day, zone)
    worked = [0] * 24
    for terminal_id, held in figures.units_of(equipment, from_ms, to_ms):
        first_ms = -(-max(from_ms, held.from_ms) // QUARTER_MS) * QUARTER_MS
        rows = readings.state_quarters(terminal_id, first_ms, min(to_ms, held.to_ms or to_ms))[:, -1].tolist()
        for at, seconds in enumerate(rows):
            worked[hour_of(first_ms + at * QUARTER_MS, zone)] += seconds
    return [min(1.0, seconds / 3600) for seconds in worked]


def months_of(year):
    """[(first day, examinations, hours on, hours working)] of the Figures of a year."""
    out = {}
    for one in year:
        out.setdefault(one.day.replace(day=1), []).append(one)
    return [(first, *figures.total(some)) for first, some in out.items()]


def checked(equipment, on, zone):
    """[Checked] of the days up to one, the newest first, of which anything is known."""
    first = on - timedelta(days=CHECKED_DAYS - 1)
    qc, out = DailyQc.newest(equipment, first), []
    for one in reversed(figures.figures(equipment, first, on, zone)):
        if one.by_source or one.day.isoformat() in qc or one.corrected:
            out.append(
                Checked(
                    one, _beside(equipment, one, zone), reconciling.apart(one.by_source), qc.get(one.day.isoformat())
                )
            )
    return out


def _beside(equipment, figure, zone):
    if not {"current", "mpps"} <= figure.by_source.keys():
        return None
    found = Exam.within(equipment, *readings.bounds_of(figure.day, zone))
    pairs = {name: [(one.start_ms, one.end_ms) for one in found if one.source == name and one.count]
             for name in ("current", "mpps")}  # fmt: skip
    return reconciling.beside(pairs["current"], pairs["mpps"])


def modes(equipment, from_ms, to_ms):
    """[(body part or None, protocol or None, examinations)] that modalities told of, the commonest first."""
    counts = {}
    for one in Exam.within(equipment, from_ms, to_ms):
        if one.source == "mpps" and one.count:
            key = (one.body_part, one.protocol)
            counts[key] = counts.get(key, 0) + 1
    return [(*key, count) for key, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))]


def disk_of(equipment, now_ms):
    """The Disk of its computer, or None."""
    found = disk_used(equipment, now_ms)
    if found is None:
        return None
    left = disk.days_to_full(found.used, found.size_gb) if found.used else None
    return Disk(found.used_pct, found.size_gb, left, disk.daily_of(found.used))


def disk_used(equipment, now_ms):
    """The Used of its computer's disk as its host agent or SNMP tells, or None."""
    for one in Binding.of([equipment.id], now_ms):
        latest = {found.channel: found.value for found in readings.latest([one.terminal_id])}
        used_pct, size_gb = latest.get("disk_used_pct"), latest.get("disk_size_gb")
        if "disk_used_pct" in one.channels and used_pct is not None and size_gb:
            hours = readings.hours(one.terminal_id, "disk_used_pct", now_ms - disk.SPAN_MS, now_ms)
            used = [(hour.hour_ms, hour.total / hour.n / 100 * size_gb) for hour in hours]
            return Used(one.terminal_id, used_pct, size_gb, used)
    return None
