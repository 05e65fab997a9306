"""What a piece of equipment did, as figures of days: seconds in each state, examinations by source, what was corrected.

A figure is what was told of closed hours; those of the last two or three are told when somebody asks for one equipment.
"""

from collections import namedtuple
from datetime import timedelta

import numpy as np

from collector import readings
from collector.clock import day_at
from collector.equipment import Binding
from collector.running import current, models, settling, telling
from collector.running.models import DAY_MS, Exam, UsageCorrection
from firmware.processing import exams
from firmware.processing.state import HOUR_MS, OFF, STATES, UNKNOWN

SOURCES = ("typed", "imported", "mpps", "current")  # the first that says something of a day counts
CORRECTABLE = ("exams", "on_h", "working_h")
ON = [place for place, state in enumerate(STATES) if state != OFF]
OPEN_HOURS_MOST = 48  # told on request

# hours: {state: h}; by_source: {source: examinations}; exams, on_h, working_h: what counts; source: of exams, or None;
# corrected: {what: UsageCorrection}
Figure = namedtuple("Figure", "day hours by_source source exams on_h working_h corrected")
Session = namedtuple("Session", "start_ms end_ms exams")  # switched on; end_ms None: still on


def units_of(equipment, from_ms, to_ms):
    """[(terminal_id, Held)] of the bindings that speak of its current at any time of a span, oldest first."""
    found = []
    for one in Binding.within(equipment, from_ms, to_ms):
        if current.CHANNEL in one.channels:
            found.append((one.terminal_id, Binding.held_of(one)))
    return found


def told_between(equipment, from_ms, to_ms, now_ms):
    """([Spell], [Exam of firmware.processing.exams]) of a span, with what of it is not over yet, in order."""
    spells, found = [], []
    for terminal_id, held in units_of(equipment, from_ms, to_ms):
        versions, unit = models.versions_of(held.binding_id), models.unit_of(held.binding_id)
        if versions and unit:
            span = max(from_ms, held.from_ms), min(to_ms, held.to_ms or to_ms)
            some, acts = _told(terminal_id, held, unit, versions, span, now_ms)
            spells += some
            found += acts
    return sorted(spells), sorted(found)


def _told(terminal_id, held, unit, versions, span, now_ms):
    from_ms, to_ms = span
    first, last = from_ms // DAY_MS - 1, to_ms // DAY_MS + 1
    hours = {}
    for of_day in models.spells_of_days(held.binding_id, first, last).values():
        hours |= of_day
    still_open = range(max(unit.through + 1, first * 24), min(now_ms // HOUR_MS, last * 24 + 24) + 1)
    if 0 < len(still_open) <= OPEN_HOURS_MOST:
        teller = telling.Teller(settling.records_of(versions))
        hours |= settling.spells_of_hours(terminal_id, held, teller, list(still_open))
    spells = exams.joined([one for hour in sorted(hours) for one in hours[hour]])
    version = settling.version_at(versions, from_ms)
    found = exams.exams_of(version.habits, spells)
    if version.records[0].either:
        spells = telling.around(found, spells)
    return telling.clipped(spells, from_ms, to_ms), [one for one in found if from_ms <= one.start_ms < to_ms]


def sessions(spells, found):
    """[Session] of Spells: from switching on to switching off, with the examinations that begin in it."""
    out = []
    for one in spells:
        if one.state in (OFF, UNKNOWN):
            continue
        if out and one.start_ms - out[-1][1] <= 180_000:
            out[-1][1] = one.end_ms
        else:
            out.append([one.start_ms, one.end_ms])
    return [Session(start, end, sum(start <= exam.start_ms < end for exam in found)) for start, end in out]


def seconds_of_days(equipment, first_on, last_on, zone):
    """Seconds in each of STATES: an array with a row for each day of first_on to last_on."""
    out = np.zeros(((last_on - first_on).days + 1, len(STATES)), np.int64)
    from_ms, to_ms = readings.bounds_of(first_on, zone)[0], readings.bounds_of(last_on, zone)[1]
    for terminal_id, held in units_of(equipment, from_ms, to_ms):
        out += readings.states(terminal_id, first_on, last_on, zone, held.from_ms, held.to_ms)
    return out


def figures(equipment, first_on, last_on, zone):
    """[Figure] of each day of first_on to last_on."""
    seconds = seconds_of_days(equipment, first_on, last_on, zone).tolist()
    from_ms, to_ms = readings.bounds_of(first_on, zone)[0], readings.bounds_of(last_on, zone)[1]
    counts, corrected = {}, {}
    for one in Exam.within(equipment, from_ms, to_ms):
        by_source = counts.setdefault(day_at(one.start_ms, zone), {})
        by_source[one.source] = by_source.get(one.source, 0) + one.count
    for one in UsageCorrection.within(equipment, first_on, last_on):
        corrected.setdefault(one.on, {})[one.what] = one
    days = [first_on + timedelta(days=n) for n in range(len(seconds))]
    return [
        _figure(day, row, counts.get(day, {}), corrected.get(day, {})) for day, row in zip(days, seconds, strict=True)
    ]


def _figure(day, seconds, by_source, corrected):
    hours = {state: value / 3600 for state, value in zip(STATES, seconds, strict=True)}
    source = next((name for name in SOURCES if name in by_source), None)
    said = {"exams": by_source.get(source, 0), "on_h": sum(seconds[place] for place in ON) / 3600}
    said["working_h"] = hours["working"]
    said |= {what: one.value for what, one in corrected.items()}
    return Figure(day, hours, by_source, source, round(said["exams"]), said["on_h"], said["working_h"], corrected)


def total(some):
    """(examinations, hours on, hours working) of Figures."""
    return sum(one.exams for one in some), sum(one.on_h for one in some), sum(one.working_h for one in some)


def utilisation(on_h, working_h):
    """The share of the hours that a unit was on in which it worked; None where it was not on."""
    return working_h / on_h if on_h > 0 else None
