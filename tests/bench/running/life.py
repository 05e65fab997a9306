"""Years of a unit as its days went: switched on, examinations one by one, off; as Spells and Exams, without a trace.

What varies of itself: weekdays, seasons, holidays, slow growth, busier and calmer days, how long an examination takes,
when the unit is switched on. `plans` makes the days, an anomaly may change them, `lived` plays them.
"""

from collections import namedtuple
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from firmware.processing.exams import Exam
from firmware.processing.state import OFF, READY, STANDBY, WORKING, Spell

Kind = namedtuple("Kind", "exams opens closes minutes weekend amps")
# exams: of a weekday; opens, closes: when it is switched on and off, h; minutes: of an examination; weekend: share of a
# weekday's; amps: off, standby, ready, working

KINDS = {
    "CT": Kind(80, 7, 21.5, 4.0, 0.4, (0.0, 4.3, 4.5, 40.0)),
    "MRI": Kind(24, 7.5, 22, 19.0, 0.6, (12.6, 18.0, 32.0, 60.0)),
    "DSA": Kind(5, 8, 18, 55.0, 0.1, (1.0, 5.0, 8.0, 14.0)),
    "PET/CT": Kind(14, 7.5, 17, 21.0, 0.0, (0.5, 3.0, 12.0, 25.0)),
    "LINAC": Kind(50, 7, 19, 6.5, 0.0, (2.0, 8.0, 14.0, 48.0)),
    "DR": Kind(110, 7.5, 18, 1.2, 0.3, (0.2, 1.2, 1.25, 6.0)),
}
STATES = (OFF, STANDBY, READY, WORKING)
FIRST = date(2024, 1, 1)
PROFILE = (1.0, 1.3, 1.3, 1.1, 0.5, 0.6, 1.1, 1.2, 1.0, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)  # of the hours since it opened


class Plan:
    """A day to be lived: `on`, `off` in h of the day, `starts` in h, `minutes` of each, `night` state until morning."""

    def __init__(self, on_date, on, off, starts, minutes):
        self.on_date, self.on, self.off, self.starts, self.minutes = on_date, on, off, starts, minutes
        self.usual = len(starts)  # how many such a day has, but for chance
        self.night, self.breaks, self.blind = OFF, (), None  # night: the state up to this morning; blind: (from, to) h


def holidays(years=range(2024, 2028)):
    """Days off that a calendar knows: new year, a week in spring, three days in May, a week in October."""
    spans = ((1, 1, 1), (2, 10, 8), (5, 1, 3), (10, 1, 7))
    return frozenset(
        date(year, month, day) + timedelta(days=by)
        for year in years
        for month, day, long in spans
        for by in range(long)
    )


def plans(kind, seed, days):
    """A Plan for each day from FIRST on."""
    of, rng, free = KINDS[kind], np.random.default_rng([seed, sum(map(ord, kind))]), holidays()
    size, season, growth = rng.uniform(0.8, 1.25), rng.uniform(0, 2 * np.pi), rng.uniform(-0.05, 0.08)
    out = []
    for day in range(days):
        on_date = FIRST + timedelta(days=day)
        share = (
            of.weekend if on_date.weekday() >= 5 or on_date in free else (1.15, 1.0, 1.0, 0.97, 0.93)[on_date.weekday()]
        )
        usual = (
            of.exams * size * share * (1 + 0.06 * np.sin(2 * np.pi * day / 365 + season)) * (1 + growth) ** (day / 365)
        )
        count = rng.poisson(usual * np.exp(rng.normal(0, 0.07)))
        on = of.opens + rng.normal(0, 0.12)
        off = of.closes + rng.normal(0, 0.2)
        out.append(planned(on_date, on, off, count if share else 0, of.minutes, rng))
        out[-1].usual = usual
        if not share or (not count and share < 0.5):
            out[-1].on = out[-1].off = None
    return out


def planned(on_date, on, off, count, minutes, rng):
    """A Plan of so many examinations, spread as a working day has them."""
    hours = np.arange(len(PROFILE))
    weight = np.where(hours < off - on - 1.2, PROFILE, 0.0)
    hour = rng.choice(hours, count, p=weight / weight.sum())
    starts = sorted(on + 0.5 + hour + rng.uniform(0, 1, count))
    return Plan(on_date, on, off, starts, list(minutes * np.exp(rng.normal(0, 0.35, count))))


def lived(kind, days):
    """(Spells, Exams) of Plans in UTC; what overlaps waits for its turn."""
    amps, spells, exams, blind = KINDS[kind].amps, [], [], []
    for plan in days:
        _live(plan, amps, spells, exams)
        if plan.blind:
            blind.append(tuple(midnight(plan.on_date) + int(hour * 3_600_000) for hour in plan.blind))
    for first, last in blind:
        spells = [part for spell in spells for part in _seen(spell, first, last)]
        exams = [exam for exam in exams if exam.end_ms <= first or exam.start_ms >= last]
    return spells, exams


def _seen(spell, first, last):
    """What is left of a Spell when nothing is seen from `first` to `last`."""
    for start, end in ((spell.start_ms, min(first, spell.end_ms)), (max(last, spell.start_ms), spell.end_ms)):
        if end > start:
            flow = spell.charge_as * (end - start) / (spell.end_ms - spell.start_ms)
            yield spell._replace(start_ms=start, end_ms=end, charge_as=flow)


def midnight(on_date):
    """The instant at which a day begins, in ms UTC."""
    return int(datetime.combine(on_date, time(), UTC).timestamp() * 1000)


def _live(plan, amps, spells, exams):
    zero = midnight(plan.on_date)

    def until(hour, state):
        start = spells[-1].end_ms if spells else zero
        end = zero + int(hour * 3600) * 1000
        if end > start:
            flow = amps[STATES.index(state)] * (end - start) / 1000
            spells.append(Spell(start, end, state, 0.97, 0.0, 0.0, flow))

    if plan.on is None:
        return until(24, plan.night)
    until(plan.on, plan.night)
    at, breaks = plan.on, list(plan.breaks)
    for begin, minutes in zip(plan.starts, plan.minutes, strict=True):
        begin = max(begin, at + 0.01)
        if begin > plan.off + 3:
            break  # who waits so long is sent home
        while breaks and breaks[0] < begin:
            when = max(breaks.pop(0), at + 0.01)  # nobody switches off during an examination
            until(when, STANDBY)
            until(when + 0.1, OFF)
            at = when + 0.1
            begin = max(begin, at + 0.05)
        until(begin - 0.005, STANDBY)
        until(begin, READY)
        until(begin + minutes / 60, WORKING)
        at = begin + minutes / 60
        exams.append(Exam(zero + int(begin * 3600) * 1000, zero + int(at * 3600) * 1000, 0.97))
        until(at + 0.005, READY)
    until(max(plan.off, at + 0.1), STANDBY)
    return None
