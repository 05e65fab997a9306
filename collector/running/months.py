"""A unit's month beside its months before, and beside the units of its class -> Findings. No I/O.

`Month` is made of closed Days by `month_of`; a month with less than half of its days seen is not judged.
"""

from collections import namedtuple
from math import exp, log, sqrt
from statistics import mean, median, median_high, median_low

from collector.running.days import USUAL_SUPPLY
from collector.running.findings import Finding
from collector.running.usual import spread, surprise, wider
from collector.running.workload import BLIND_H, kind_of, missed_h, on_h

Month = namedtuple("Month", "month start_ms end_ms days exams idle_kwh on_h working_h kinds wide idle_wide")
# month: as 2026-03; days: seen ones; kinds: {kind of day: (days, examinations, idle kWh)}; wide: how much
# wider than by chance the counts of its days wander; idle_wide: kWh that a day's wander

EXAMS, IDLE = 1, 2  # places in a kind of day
DAYS_LEAST, MONTHS_LEAST, MONTHS_MOST = 15, 3, 6
CHANGED = log(1.25)  # as much again, or as much less
FAR = 4.7
UNITS_LEAST, IDLE_TIMES = 3, 2.5


def month_of(days, free_dates=frozenset()):
    """The Month of Days of one calendar month; None where too few were seen."""
    seen = [day for day in days if missed_h(day) < BLIND_H]
    if len(seen) < DAYS_LEAST:
        return None
    kinds = {}
    for day in seen:
        number, exams, idle_kwh = kinds.get(kind_of(day, free_dates), (0, 0, 0.0))
        kinds[kind_of(day, free_dates)] = number + 1, exams + day.exams, idle_kwh + day.idle_kwh
    surprises, idle = [], []
    for day in seen:
        number, exams, idle_kwh = kinds[kind_of(day, free_dates)]
        if exams:
            surprises.append(surprise(day.exams, exams / number))
        idle.append(abs(day.idle_kwh - idle_kwh / number))
    return Month(
        seen[0].on_date.strftime("%Y-%m"), seen[0].start_ms, seen[-1].end_ms, len(seen),
        sum(day.exams for day in seen), sum(day.idle_kwh for day in seen), sum(map(on_h, seen)),
        sum(day.hours["working"] for day in seen), kinds, wider(surprises), spread(idle),
    )  # fmt: skip


def changed(months, supply=USUAL_SUPPLY):
    """Findings of the last of `months` (Month, oldest first) beside up to six before it."""
    *before, last = months
    before = before[-MONTHS_MOST:]
    if len(before) < MONTHS_LEAST:
        return []
    return list(_exams(last, before)) + list(_idle(last, before, supply))


def expected(last, before, what=EXAMS):
    """What a month like `last` had before of EXAMS or IDLE: its Mondays, its Tuesdays, its Sundays and holidays."""
    total, each = 0.0, median(sum(kind[what] for kind in month.kinds.values()) / month.days for month in before)
    for kind, (number, *_counts) in last.kinds.items():
        rates = [month.kinds[kind][what] / month.kinds[kind][0] for month in before if kind in month.kinds]
        total += number * (median(rates) if rates else each)
    return total


def _exams(last, before):
    usual = expected(last, before)
    far = surprise(last.exams, usual, max(month.wide for month in (*before, last)))
    change = log(max(last.exams, 0.5) / max(usual, 0.5))
    if abs(change) > CHANGED and abs(far) > FAR:
        kind = "month_more" if change > 0 else "month_less"
        figures = {"exams": last.exams, "usual": round(usual), "change": round(100 * abs(exp(change) - 1))}
        yield _found(kind, last, figures)


def _idle(last, before, supply):
    usual = expected(last, before, IDLE)
    each = [month.idle_kwh / max(1e-9, expected(month, before, IDLE)) for month in before]
    wander = max(abs(value - 1) for value in each) * usual
    chance = FAR * sqrt(last.days * mean(month.idle_wide**2 for month in before))
    more = last.idle_kwh - usual
    if usual > 0 and more > max(0.25 * usual, 2 * wander, chance):
        figures = {"kwh": last.idle_kwh, "usual": usual, "change": round(100 * more / usual)}
        yield _found("month_idle", last, figures | {"money": more * supply.price, "currency": supply.currency})


def _found(kind, month, figures):
    return Finding(kind, month.start_ms, month.end_ms, {"month": month.month} | figures)


def compared(units):
    """{unit: Findings} of the last month of each of `units`, {unit: Months oldest first}, all of one class.

    A unit's change against its own months before is held against the median change of the others: a small unit among
    large ones is no finding, one that falls behind them is.
    """
    out = {unit: [] for unit in units}
    latest = max((months[-1].month for months in units.values() if months), default=None)
    present = {unit: months for unit, months in units.items() if months and months[-1].month == latest}
    changes = {unit: _change(months) for unit, months in present.items() if len(months) > MONTHS_LEAST}
    for unit, months in present.items():
        others = [change for other, change in changes.items() if other != unit]
        if unit in changes and len(others) >= UNITS_LEAST - 1:
            out[unit] += _moved(months[-1], changes[unit], _middle(others, changes[unit]), len(others))
        out[unit] += _idle_in_class(unit, present)
    return out


def _middle(others, own):
    """The median of others; of the two in the middle the one nearer to its own, lest two be ahead of one that fell."""
    return min(median_low(others), median_high(others), key=lambda change: abs(change - own))


def _change(months):
    """The last month against those before, in powers of e."""
    *before, last = months
    return log(max(last.exams, 0.5) / max(expected(last, before[-MONTHS_MOST:]), 0.5))


def _moved(month, own, others, count):
    """A unit that changed otherwise than its class."""
    far = surprise(month.exams, month.exams * exp(others - own), month.wide)
    if abs(own - others) > CHANGED and abs(far) > FAR:
        kind = "class_ahead" if own > others else "class_behind"
        figures = {"exams": month.exams, "percent": round(100 * exp(own)), "units": count}
        yield _found(kind, month, figures | {"usual": round(100 * exp(others))})


def _idle_in_class(unit, units):
    """What it idles for each examination, far above the units of its class."""
    each = {name: months[-1].idle_kwh / max(1, months[-1].exams) for name, months in units.items()}
    others = [value for name, value in each.items() if name != unit]
    if len(others) < UNITS_LEAST - 1:
        return
    usual = median(others)
    if usual > 0 and each[unit] > IDLE_TIMES * usual and units[unit][-1].exams >= DAYS_LEAST:
        figures = {"kwh": each[unit], "usual": usual, "share": each[unit] / usual, "units": len(units)}
        yield _found("class_idle", units[unit][-1], figures)
