"""Anomalies planted into quiet years of a unit's life: each must be found within its period, quiet ones be quiet.

`rows` is the whole kit, part of `python -m tests.bench running`; tests/bench/test_planted.py its short run.
"""

import os
from collections import namedtuple
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC

import numpy as np

from collector.running import disk, months, workload
from collector.running.days import days_of
from collector.running.findings import joined
from firmware.processing.state import READY, STANDBY
from tests.bench.row import Row
from tests.bench.running import cooling, life

REPORTED = 5000  # the seed of what is reported
WARM_UP, QUIET = 120, 730  # days of history before anything counts; 24 months
DAY_MS, WEEK_MS, MONTH_MS = 86_400_000, 7 * 86_400_000, 35 * 86_400_000
EITHER = ("CT", "DR")

Planted = namedtuple("Planted", "kinds finds long change")
# kinds: of life.KINDS; finds: kinds of Finding, any of which tells it; long: days it lasts; change: of (Plans, rng)


def fewer(share):
    """A change to days that keep only a share of the examinations that such days usually have."""

    def change(days, rng):
        for plan in days:
            count = min(len(plan.starts), round(share * plan.usual))
            plan.starts = sorted(rng.choice(plan.starts, count, replace=False)) if count else []
            plan.minutes = plan.minutes[: len(plan.starts)]

    return change


def more(share):
    """A change to days that have so many more examinations than such days usually have, between those they have."""

    def change(days, rng):
        for plan in days:
            count = max(0, round((1 + share) * plan.usual) - len(plan.starts))
            plan.starts = sorted([*plan.starts, *rng.uniform(plan.on + 0.5, plan.off - 1, count)])
            plan.minutes = [*plan.minutes, *rng.choice(plan.minutes, count)]

    return change


def each(**new):
    """A change that sets fields of plans."""

    def change(days, _rng):
        for plan in days:
            for name, value in new.items():
                setattr(plan, name, value)

    return change


def off_all_day(days, _rng):
    """Nobody switches it on."""
    for plan in days:
        plan.on, plan.starts, plan.minutes = None, [], []


def later(hours):
    """The day begins so much later."""

    def change(days, _rng):
        for plan in days:
            first = plan.on + 0.5 + hours
            plan.starts = [max(start, first + 0.001 * at) for at, start in enumerate(plan.starts)]

    return change


def stretched(times):
    """Examinations take so many times as long."""

    def change(days, _rng):
        for plan in days:
            plan.minutes = [minutes * times for minutes in plan.minutes]

    return change


def evening(days, rng):
    """A list of patients late in the evening, after it has long been off on other days."""
    for plan in days:
        start = plan.off + 2.5
        plan.off = start + 1.5
        plan.starts, plan.minutes = (
            [*plan.starts, *(start + 0.3 * np.arange(5))],
            [*plan.minutes, *rng.choice(plan.minutes, 5)],
        )


def overtime(days, rng):
    """Work goes on for two hours and a half."""
    for plan in days:
        extra = plan.off + np.arange(0, 2.5, 0.25)
        plan.starts, plan.minutes = [*plan.starts, *extra], [*plan.minutes, *rng.choice(plan.minutes, len(extra))]
        plan.off = extra[-1] + 0.5


def gap(days, _rng):
    """Nothing between ten and two."""
    for plan in days:
        kept = [(start, long) for start, long in zip(plan.starts, plan.minutes, strict=True) if not 10 <= start < 14.5]
        plan.starts, plan.minutes = [start for start, _long in kept], [long for _start, long in kept]


def crowd(days, rng):
    """An hour with three times as many as any."""
    for plan in days:
        count = max(12, int(0.35 * len(plan.starts)))
        plan.starts = sorted([*plan.starts, *rng.uniform(14, 14.9, count)])
        plan.minutes = [min(long, 1.5) for long in [*plan.minutes, *rng.choice(plan.minutes, count)]]


def left(state):
    """Left in a state for the night before."""
    return each(night=state)


ANOMALIES = {
    "a day with a fifth of its patients": Planted(("CT", "MRI", "LINAC", "DR"), {"quiet_day"}, 1, fewer(0.2)),
    "a day with twice its patients": Planted(("CT", "LINAC", "DR"), {"busy_day"}, 1, more(1.0)),
    "a working day switched off": Planted(("CT", "MRI", "DSA", "LINAC"), {"not_on"}, 1, off_all_day),
    "a week with few patients": Planted(("MRI", "PET/CT"), {"quiet_week", "quiet_day"}, 7, fewer(0.35)),
    "a week with many patients": Planted(("MRI", "PET/CT"), {"busy_week", "busy_day"}, 7, more(0.9)),
    "a day that begins three hours late": Planted(("CT", "LINAC", "DR"), {"late_start"}, 1, later(3.0)),
    "work until late": Planted(("CT", "LINAC", "DR"), {"late_end", "odd_hours"}, 1, overtime),
    "patients in the night": Planted(("LINAC", "DSA", "PET/CT"), {"odd_hours"}, 1, evening),
    "four hours without a patient": Planted(("CT", "LINAC", "DR"), {"pause_in_day"}, 1, gap),
    "an hour with a crowd": Planted(("CT", "DR"), {"rush_hour"}, 1, crowd),
    "examinations that take twice as long": Planted(("CT", "MRI", "LINAC"), {"long_exams"}, 1, stretched(2.0)),
    "examinations that take half as long": Planted(("CT", "MRI", "LINAC"), {"short_exams"}, 1, stretched(0.5)),
    "switched on again and again": Planted(("CT", "MRI"), {"many_switches"}, 1, each(breaks=(9, 11, 13, 15, 17))),
    "left ready overnight": Planted(("MRI", "DSA", "LINAC"), {"left_ready"}, 2, left(READY)),
    "left on overnight": Planted(("MRI", "DSA", "PET/CT"), {"left_on"}, 2, left(STANDBY)),
    "half a day without readings": Planted(("CT", "DSA"), {"blind_day"}, 1, each(blind=(8, 20))),
    "a month with a third less": Planted(("CT", "MRI", "DR"), {"month_less"}, 31, fewer(0.62)),
    "a month with half as many more": Planted(("CT", "MRI", "DR"), {"month_more"}, 31, more(0.55)),
    "a month left on": Planted(("MRI", "LINAC"), {"month_idle"}, 31, left(READY)),
}


def judged(kind, plans):
    """All Findings of a life after its first WARM_UP days, day by day and month by month, as episodes."""
    days, free, found = lived(kind, plans), life.holidays(), []
    for at in range(1, len(days) - 1):  # the last day has no end
        found += workload.unusual(days[max(0, at - 100) : at + 1], free)
    whole = months_of(days, free)
    for at in range(len(whole)):
        found += months.changed(whole[: at + 1])
    since = days[0].start_ms + WARM_UP * DAY_MS
    return joined([one for one in found if one.from_ms >= since], WEEK_MS)


def lived(kind, plans):
    """The Days of a life."""
    return days_of(*life.lived(kind, plans), UTC, either=kind in EITHER)


def months_of(days, free):
    """The Months of Days, the last one left out where it may not be whole."""
    groups = {}
    for day in days:
        groups.setdefault((day.on_date.year, day.on_date.month), []).append(day)
    return [month for month in (months.month_of(part, free) for part in list(groups.values())[:-1]) if month]


def _planted_at(plans, long):
    """The place of a day that the anomaly begins on: the first of a month for a long one, else an early weekday."""
    at, free = WARM_UP + 60, life.holidays()
    if long > 20:
        while plans[at].on_date.day != 1:
            at += 1
        return at
    while plans[at].on_date.weekday() > 1 or any(plan.on_date in free for plan in plans[at : at + long]):
        at += 1
    return at


def planted(name, kind, seed):
    """(whether the anomaly `name` was found within its period, all Findings)."""
    one, rng, plans = ANOMALIES[name], np.random.default_rng([seed, 7]), life.plans(kind, seed, WARM_UP + 130)
    at = _planted_at(plans, one.long)
    one.change([plan for plan in plans[at : at + one.long] if plan.on is not None], rng)
    found = judged(kind, plans)
    first, last = (life.midnight(plans[place].on_date) for place in (at - 1, at + one.long))
    return any(hit.kind in one.finds and hit.to_ms > first and hit.from_ms < last for hit in found), found


IN_CLASS = {
    "falls behind its class": ("MRI", "class_behind", fewer(0.6)),
    "pulls ahead of its class": ("MRI", "class_ahead", more(0.6)),
    "idles more than its class": ("LINAC", "class_idle", left(READY)),
}


def in_class(name, seed):
    """Kinds of Finding of one of five units of a class to whose last whole month something was done."""
    kind, _finds, change = IN_CLASS[name]
    units = {number: life.plans(kind, 10 * seed + number, WARM_UP + 130) for number in range(5)}
    at = _planted_at(units[0], 31)
    change([plan for plan in units[0][at:] if plan.on is not None], np.random.default_rng([seed, 7]))
    whole = {unit: months_of(lived(kind, plans[: at + 35]), life.holidays()) for unit, plans in units.items()}
    return {unit: {one.kind for one in found} for unit, found in months.compared(whole).items()}


DISKS = {  # GB at the end of each day
    "a disk that fills": ("disk_full", lambda rng: 300 + np.cumsum(rng.normal(6, 2, 40))),
    "a disk that fills at a leap": (
        "disk_jump",
        lambda rng: 100 + np.cumsum(rng.normal(2, 1, 40)) + 80 * (np.arange(40) > 38),
    ),
    "a disk that is cleared every week": (None, lambda rng: 200 + 6.0 * (np.arange(40) % 7) + rng.normal(0, 1, 40)),
    "a disk that grows slowly": (None, lambda rng: 100 + np.cumsum(rng.normal(1, 0.5, 40))),
}


def of_disk(name, seed):
    """Kinds of Finding of a disk of 600 GB."""
    used = DISKS[name][1](np.random.default_rng([seed, 7]))
    return {one.kind for one in disk.filling("C:", [(at * DAY_MS, float(gb)) for at, gb in enumerate(used)], 600.0)}


def missed(name, seed):
    """Classes of which the anomaly `name` was not found."""
    return [f"{kind}: {name}" for kind in ANOMALIES[name].kinds if not planted(name, kind, seed)[0]]


def quiet(kind, seed):
    """How many warnings two quiet years of a unit give."""
    return len(judged(kind, life.plans(kind, seed, WARM_UP + QUIET)))


def _cooling(seed):
    """(kinds of change of a magnet's cooling that were missed, warnings of two quiet years)."""
    out = [name for name, (amps, volts, kind) in cooling.LOST.items()
           if cooling.lost(amps, volts, np.random.default_rng(seed)) != kind]  # fmt: skip
    for name, (kind, change) in cooling.SPOILT.items():
        days = cooling.coolings(50, seed, lambda day, how, change=change: change(how) if day >= 45 else how)
        out += [] if kind in {one.kind for one in cooling.found(days)} else [name]
    return out, len(joined(cooling.found(cooling.coolings(QUIET, seed)), WEEK_MS))


def rows():
    """As a room of tests.bench: kinds of anomaly found, and false warnings of the unit that gives most."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        years = pool.map(quiet, life.KINDS, [REPORTED] * len(life.KINDS))
        cold = pool.submit(_cooling, REPORTED)
        left = [name for part in pool.map(missed, ANOMALIES, [REPORTED] * len(ANOMALIES)) for name in part]
        warnings = dict(zip(life.KINDS, years, strict=True))
        left_cold, warnings["a magnet's cooling"] = cold.result()
    left += left_cold
    left += [name for name, one in IN_CLASS.items() if one[1] not in in_class(name, REPORTED)[0]]
    left += [name for name, one in DISKS.items() if of_disk(name, REPORTED) != {one[0]} - {None}]
    kinds = len(ANOMALIES) + len(IN_CLASS) + len(DISKS) + len(cooling.LOST) + len(cooling.SPOILT)
    found = kinds - len({name.split(": ")[-1] for name in left})
    yield Row("running: kinds of anomaly found", found, f"of {kinds}", "; ".join(left) or "none missed", found / kinds,
              "all", not left)  # fmt: skip
    most = max(warnings, key=warnings.get)
    yield Row("running: false warnings of 24 quiet months", warnings[most], "at most", f"by {most}", warnings[most] / 1,
              "<= 1 of a unit", warnings[most] <= 1)  # fmt: skip
