"""What a unit did -> its days: the figures that warnings compare. No I/O; docs/running-warnings.md."""

from bisect import bisect_left
from collections import namedtuple
from datetime import datetime, time, timedelta
from itertools import pairwise
from statistics import median

from firmware.processing.state import OFF, READY, STANDBY, STATES, UNKNOWN, WORKING

FIELDS = ("on_date", "start_ms", "end_ms", "hours", "exams", "by_hour", "exam_s", "first_h", "last_h", "switched_on")
FIELDS += ("gaps_h", "idle_kwh", "night_ready_h", "night_on_h", "night_kwh")
Day = namedtuple("Day", FIELDS)
# on_date, start_ms, end_ms: a day of the zone; hours: {state: h}, what is missing to a day was not seen; exams: how
# many began, by_hour: in each of 24 hours; exam_s: their median length, first_h: when the first began, last_h: when the
# last ended, in hours since midnight, None without any; switched_on: how often; gaps_h: [(from, until)] between the end
# of one and the beginning of the next, in hours since midnight, of an hour at least; idle_kwh: drawn while on and not
# examining; night_ready_h, night_on_h: the longest stretch of the night that begins this day in ready, and on, without
# an acquisition; night_kwh: what was drawn while on without one in that night

Supply = namedtuple("Supply", "volts phases power_factor price currency")
USUAL_SUPPLY = Supply(380.0, 3, 0.9, 0.8, "CNY")
# volts: between two phases, of a single phase to neutral; price: of a kWh

HOUR_MS = 3_600_000
NIGHT_FROM, NIGHT_H = 22, 8
GAP_H = 1.0
ON = (STANDBY, READY, WORKING)
IDLE = (STANDBY, READY)


def kwh(charge_as, supply):
    """Energy of a charge in ampere-seconds on one phase of a balanced supply."""
    over = 3**0.5 if supply.phases == 3 else 1.0
    return charge_as * over * supply.volts * supply.power_factor / 3.6e6


def days_of(spells, exams, zone, supply=USUAL_SUPPLY, either=False):
    """Days, oldest first, of `spells` and `exams` (firmware.processing.state.Spell, exams.Exam) in the order of time.

    `zone`: a tzinfo; a day without any spell is left out. `either`: standby and ready are alike for this unit, and a
    night in one of both is a night in ready.
    """
    if not spells:
        return []
    out, at, began = [], 0, [exam.start_ms for exam in exams]
    starts = _midnights(spells[0].start_ms, spells[-1].end_ms, zone)
    for start, end in pairwise(starts):
        night = _instant(start, NIGHT_FROM, zone), _instant(start, NIGHT_FROM + NIGHT_H, zone)
        while at < len(spells) and spells[at].end_ms <= start:
            at += 1
        last = at
        while last < len(spells) and spells[last].start_ms < night[1]:
            last += 1
        inside = [spell for spell in spells[at:last] if spell.start_ms < end]
        if inside:
            held = exams[bisect_left(began, start) : bisect_left(began, end)]
            out.append(_day(start, end, zone, inside, held, _night(spells[at:last], night, either, supply), supply))
    return out


def _midnights(first_ms, last_ms, zone):
    """The instants at which the days of a span begin, and the end of its last."""
    date = datetime.fromtimestamp(first_ms / 1000, zone).date()
    out = []
    while not out or out[-1] < last_ms:
        out.append(int(datetime.combine(date, time(), zone).timestamp() * 1000))
        date += timedelta(days=1)
    return out


def _instant(start_ms, hour, zone):
    """An hour of the day that began at start_ms, beyond 24 one of the next, as the clock on the wall has it."""
    date = datetime.fromtimestamp(start_ms / 1000, zone).date() + timedelta(days=hour // 24)
    return int(datetime.combine(date, time(hour % 24), zone).timestamp() * 1000)


def _cut(spell, start, end):
    """(ms of a spell within a span, what it drew there in A s)."""
    long = max(0, min(end, spell.end_ms) - max(start, spell.start_ms))
    whole = spell.end_ms - spell.start_ms
    return long, spell.charge_as * long / whole if whole else 0.0


def _day(start, end, zone, spells, exams, night, supply):
    hours, idle_as, switched = dict.fromkeys((*STATES, UNKNOWN), 0.0), 0.0, 0
    for before, spell in zip([None, *spells], spells, strict=False):
        long, charge = _cut(spell, start, end)
        hours[spell.state] += long / HOUR_MS
        idle_as += charge if spell.state in IDLE else 0.0
        switched += before is not None and before.state == OFF and spell.state in ON
    by_hour = [0] * 24
    for exam in exams:
        by_hour[datetime.fromtimestamp(exam.start_ms / 1000, zone).hour] += 1
    long_s = median((exam.end_ms - exam.start_ms) / 1000 for exam in exams) if exams else None
    first_h = (exams[0].start_ms - start) / HOUR_MS if exams else None
    last_h = (max(exam.end_ms for exam in exams) - start) / HOUR_MS if exams else None
    date, gaps = datetime.fromtimestamp(start / 1000, zone).date(), _gaps(start, exams)
    return Day(
        date, start, end, hours, len(exams), tuple(by_hour), long_s, first_h, last_h, switched, gaps,
        kwh(idle_as, supply), *night,
    )  # fmt: skip


def _gaps(start, exams):
    """See Day.gaps_h."""
    both = ((before.end_ms, after.start_ms) for before, after in pairwise(exams))
    found = (((first - start) / HOUR_MS, (last - start) / HOUR_MS) for first, last in both)
    return [(first, last) for first, last in found if last - first >= GAP_H]


def _night(spells, night, either, supply):
    """(longest h in ready, longest h on, kWh drawn while idle) of a night; an acquisition ends a stretch."""
    start, end = night
    ready, longest, charge = IDLE if either else (READY,), {READY: 0.0, STANDBY: 0.0}, 0.0
    here = dict.fromkeys(longest, 0.0)
    for spell in spells:
        long, drawn = _cut(spell, start, end)
        if not long:
            continue
        charge += drawn if spell.state in IDLE else 0.0
        for name, states in ((READY, ready), (STANDBY, IDLE)):
            here[name] = here[name] + long / HOUR_MS if spell.state in states else 0.0
            longest[name] = max(longest[name], here[name])
    return longest[READY], longest[STANDBY], kwh(charge, supply)
