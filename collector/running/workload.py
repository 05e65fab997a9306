"""A unit's day beside its own days of the same kind -> Findings. No I/O; docs/running-warnings.md.

`unusual(days, free_dates, supply)` judges the last of `days` by those before it; call it for each closed day, or again
when late readings have changed one. A weekday is compared with the same weekday, a day of `free_dates` (holidays) with
Sundays and holidays. What is new says nothing: DAYS_LEAST days of the kind are needed.
"""

from collections import namedtuple
from math import ceil, exp, log, sqrt
from statistics import mean, median, pvariance

from collector.running.days import HOUR_MS, USUAL_SUPPLY
from collector.running.findings import Finding, clock
from collector.running.usual import LITTLE, middle, never, of_share, reach, spread, surprise, tail, wider

Beside = namedtuple("Beside", "alike every wide supply")
# alike: days of the same kind, every: all days compared, both without today; wide: how much wider than by chance this
# unit's counts wander

DAYS_LEAST, WEEKS_MOST = 6, 13
FAR = 4.2  # deviations: once in 37,000 looks by chance, of which a day has many
FAR_OF_DAY = 4.0  # once in 16,000, of what is looked at once a day
TAIL = 7.0  # mean lengths of a tail, the longest of which falls off like a bell: it is seldom so far
NEVER = log(30_000)
EXAMS_LEAST = 8  # of a day: fewer have no length to speak of
BLIND_H = 6.0  # of a day: the rest is no day to compare
LONG_NIGHT_H, SHORT_NIGHT_H = 4.0, 1.0
DAY_LEAST, WEEK_LEAST = 3, 10  # examinations, by which it differs: what hardly ever happens comes by twos and threes
SELDOM_LEAST, SELDOM_MOST = 4, 1.0  # examinations at hours that are hardly used; the mean of what comes there
SELDOM_FAR, SELDOM_H = 4.6, 2.0  # busy days run over by themselves, by an hour or two
SUNDAY = 6


def unusual(days, free_dates=frozenset(), supply=USUAL_SUPPLY):
    """Findings of the last of `days` (Day, oldest first, gaps allowed) beside those before it."""
    *before, today = days
    since = today.start_ms - WEEKS_MOST * 7 * 86_400_000 - 3_600_000
    every = [day for day in before if day.start_ms >= since and missed_h(day) < BLIND_H]
    alike = [day for day in every if kind_of(day, free_dates) == kind_of(today, free_dates)]
    if len(alike) < DAYS_LEAST:
        return []
    if missed_h(today) >= BLIND_H:
        figures = {"hours": missed_h(today), "usual": median(missed_h(day) for day in alike)}
        return [_found("blind_day", today, figures)]
    usual = usual_of(every, free_dates)
    wide = wider([surprise(day.exams, usual[kind_of(day, free_dates)]) for day in every if day.exams or on_h(day)])
    wide *= sqrt(1 + 1.2 / len(alike))  # what is usual is known from so few days
    beside = Beside(alike, every, wide, supply)
    told = {}
    for rule in (not_on, exams, hours, starts, ends, pause, rush, lengths, switches, night, energy):
        told |= {kind: figures for kind, figures in rule(today, beside) if not told.keys() & SAID_BY.get(kind, set())}
    if not told.keys() & {"quiet_day", "busy_day", "not_on"}:
        told |= week(today, every, wide, free_dates)
    return [_found(kind, today, figures) for kind, figures in told.items()]


SAID_BY = {  # what has been said by another finding
    "quiet_day": {"not_on"},
    "late_end": {"odd_hours"},
    "early_end": {"quiet_day"},
    "idle_energy": {"left_ready", "left_on"},
}


def _found(kind, today, figures):
    return Finding(kind, today.start_ms, today.end_ms, {"day": today.on_date} | figures)


def kind_of(day, free_dates):
    """The weekday of a Day, 0 for Monday; holidays are Sundays."""
    return SUNDAY if day.on_date in free_dates else day.on_date.weekday()


def usual_of(days, free_dates):
    """{kind of day: its usual number of examinations}."""
    kinds = {}
    for day in days:
        kinds.setdefault(kind_of(day, free_dates), []).append(day.exams)
    return {kind: middle(counts) for kind, counts in kinds.items()}


def missed_h(day):
    """Hours of a Day of which no state is known."""
    return (day.end_ms - day.start_ms) / HOUR_MS - sum(h for state, h in day.hours.items() if state != "unknown")


def on_h(day):
    """Hours of a Day switched on."""
    return sum(hours for state, hours in day.hours.items() if state not in ("off", "unknown"))


def not_on(today, beside):
    """Off all day, where nine in ten such days it was on for hours."""
    on_days = sum(on_h(day) > 1 for day in beside.alike)
    if on_h(today) == 0 and on_days >= 0.9 * len(beside.alike):
        yield "not_on", {"on_days": on_days, "days": len(beside.alike)}


def exams(today, beside):
    """Far more or fewer examinations than on such days, beyond what a pause or a rush explains."""
    usual = middle([day.exams for day in beside.alike])
    done = today.exams + sum(figures["usual"] for _kind, figures in pause(today, beside))
    done -= sum(figures["exams"] - figures["usual"] for _kind, figures in rush(today, beside))
    far = surprise(done, usual, beside.wide)
    if abs(far) > FAR_OF_DAY and abs(done - usual) > max(0.3 * usual, DAY_LEAST):
        yield (
            "busy_day" if far > 0 else "quiet_day",
            {"exams": today.exams, "usual": round(usual), "days": len(beside.alike)},
        )


def week(today, every, wide, free_dates):
    """{kind: figures}: far more or fewer examinations in seven days than such days had before them."""
    since = today.start_ms - 6.5 * 24 * HOUR_MS
    last = [day for day in every if day.start_ms > since] + [today]
    usual = usual_of([day for day in every if day.start_ms <= since], free_dates)
    expected = sum(usual.get(kind_of(day, free_dates), 0) for day in last)
    done = sum(day.exams for day in last)
    if len(last) < 7 or abs(done - expected) < max(0.4 * expected, WEEK_LEAST):
        return {}
    far = surprise(done, expected, wide)
    if abs(far) < FAR:
        return {}
    return {"busy_week" if far > 0 else "quiet_week": {"exams": done, "usual": round(expected)}}


def aside(value, values, others, least):
    """How far a value lies from the middle of `values`, 0.0 where that is not far for this unit.

    `others`: lists of values of other kinds of day, each beside its own middle: thirteen days say little of a spread.
    Far is TAIL mean tails, and a third beyond what was seen but for the farthest tenth.
    """
    usual, sides = median(values), ([], [])
    for part in (values, *(part for part in others if part)):
        middle = median(part)
        for one in part:
            sides[one < middle].append(abs(one - middle))
    far = value - usual
    side = sides[far < 0]
    return far if abs(far) > max(least, TAIL * tail(side), 1.3 * reach(side)) else 0.0


def _aside(today, beside, name, least):
    """(usual, how far aside) of a field of today's, (None, 0.0) where such days seldom have it."""
    values = [getattr(day, name) for day in beside.alike if getattr(day, name) is not None]
    if getattr(today, name) is None or len(values) < 0.8 * len(beside.alike):
        return None, 0.0
    others = {}
    for day in beside.every:
        if getattr(day, name) is not None:
            others.setdefault(day.on_date.weekday(), []).append(getattr(day, name))
    return median(values), aside(getattr(today, name), values, others.values(), least)


def starts(today, beside):
    """The first examination came much later than on such days, and few patients do not explain it."""
    usual, far = _aside(today, beside, "first_h", 1.0)
    if far > 0 and _unlikely(today, beside, range(int(today.first_h))):
        yield "late_start", {"at": clock(today.first_h), "usual": clock(usual)}


def ends(today, beside):
    """The last examination was over much later or earlier than on such days; earlier for no lack of patients."""
    usual, far = _aside(today, beside, "last_h", 1.0)
    if far > 0 or (far < 0 and _unlikely(today, beside, range(int(today.last_h) + 1, 24))):
        yield "late_end" if far > 0 else "early_end", {"at": clock(today.last_h), "usual": clock(usual)}


def _unlikely(today, beside, empty):
    """Whether none of as many patients as came today would by chance have come in hours that are usually used."""
    usual = _by_hour(beside)
    share = sum(usual[hour] for hour in empty) / max(1e-9, sum(usual))
    return share >= 1 or -today.exams * log(1 - share) > NEVER


def hours(today, beside):
    """Examinations at hours that lie two hours from any that was used, or many at hours that hardly ever were."""
    used = {hour for day in beside.every for hour, count in enumerate(day.by_hour) if count}
    near = {(hour + by) % 24 for hour in used for by in (-1, 0, 1)}
    odd = [hour for hour, count in enumerate(today.by_hour) if count and hour not in near]
    if sum(today.by_hour[hour] for hour in odd) < 2:
        odd = _seldom(today, beside) if used and today.exams else []
    if odd:
        count, days = sum(today.by_hour[hour] for hour in odd), len(beside.every)
        yield "odd_hours", {"exams": count, "from": clock(odd[0]), "until": clock(odd[-1] + 1), "days": days}


def _seldom(today, beside):
    """[hour] of a morning or evening hardly used, where more came today than by chance, and a third more than ever."""
    best, found, whole = SELDOM_FAR, [], [day for day in beside.alike if day.exams]
    if not whole:
        return found
    early = today.first_h < median(day.first_h for day in whole) - SELDOM_H
    late = today.last_h > median(day.last_h for day in whole) + SELDOM_H
    for part in [part for at in range(1, 24) for part in [slice(0, at)] * early + [slice(at, 24)] * late]:
        count, *seen = (sum(day.by_hour[part]) for day in (today, *beside.every))
        if count < SELDOM_LEAST or (usual := mean(seen)) > SELDOM_MOST or count <= 1.3 * max(seen) + 1:
            continue
        far = surprise(count, usual, sqrt(max(1.0, pvariance(seen) / max(usual, LITTLE))))
        far -= max(0.0, surprise(today.exams - count, middle([day.exams for day in beside.alike]), beside.wide))
        if far > best:
            best, found = far, [hour for hour in range(24)[part] if today.by_hour[hour]]
    return found


def _by_hour(beside):
    """What is usual of each hour of such a day: its mean, which single days of thirteen hardly move."""
    return [mean(day.by_hour[hour] for day in beside.alike) for hour in range(24)]


def pause(today, beside):
    """A stretch between two examinations of the day without any, in which many are usual of a day of this size."""
    usual, best = _by_hour(beside), (0.0, 0.0, 0.0)
    for first, last in today.gaps_h:
        best = max(best, (sum(_shared(usual, first, last)), first, last))
    expected, first, last = best
    fewest = min(sum(day.by_hour[ceil(first) : int(last)]) for day in beside.alike)
    likely, wide = _part_of(today, usual, expected, 0, beside.wide)
    if never(min(expected, likely), wide) > NEVER + log(today.exams or 1) and fewest > 0:  # one of so many gaps
        yield "pause_in_day", {"from": clock(first), "until": clock(last), "usual": expected}


def _shared(usual, first, last):
    """What is usual of each hour as far as it lies within a span, in hours since midnight."""
    return [count * max(0.0, min(last, hour + 1) - max(first, hour)) for hour, count in enumerate(usual)]


def rush(today, beside):
    """One to three hours with far more examinations than they have on such days, and than a day of this size has."""
    usual, best = _by_hour(beside), (0.0, 0, 0)
    for long in (1, 2, 3):  # a crowd keeps to no clock, and is not worked off within an hour
        most = max(sum(day.by_hour[hour : hour + long]) for day in beside.every for hour in range(24))
        for hour in range(25 - long):
            count = sum(today.by_hour[hour : hour + long])
            likely, wide = _part_of(today, usual, sum(usual[hour : hour + long]), count, beside.wide)
            far = surprise(count, max(likely, sum(usual[hour : hour + long])), wide)
            if count > 1.15 * most:
                best = max(best, (far, hour, long))
    far, hour, long = best
    if far > FAR:
        figures = {"exams": sum(today.by_hour[hour : hour + long]), "usual": sum(usual[hour : hour + long])}
        yield "rush_hour", figures | {"from": clock(hour), "until": clock(hour + long)}


def _part_of(today, usual, part, count, wide):
    """(examinations to be expected in a span of a day as busy as today is outside it, how much wider than by chance).

    `usual`: of each hour; `part`: of the span, in which there were `count`; `wide`: how counts of whole days wander.
    """
    whole = max(1e-9, sum(usual))
    return part * (today.exams - count) / max(1.0, whole - part), of_share(wide, part / whole)


def lengths(today, beside):
    """Examinations took much longer or shorter, by their medians; of days with eight of them at least.

    A median of few examinations wanders more than one of many, as the root of their number.
    """
    days = [day for day in beside.every if day.exams >= EXAMS_LEAST and day.exam_s]
    if today.exams < EXAMS_LEAST or not today.exam_s or len(days) < DAYS_LEAST:
        return
    usual, number = median(log(day.exam_s) for day in days), median(day.exams for day in days)
    distances = [abs(log(day.exam_s) - usual) for day in days]
    one = spread([away * sqrt(day.exams) for away, day in zip(distances, days, strict=True)])
    far = log(today.exam_s) - usual
    if abs(far) > max(0.3, FAR * one / sqrt(min(today.exams, number)), 1.3 * reach(distances)):
        figures = {"minutes": today.exam_s / 60, "usual": exp(usual) / 60}
        yield "long_exams" if far > 0 else "short_exams", figures


def switches(today, beside):
    """Switched on again and again."""
    counts = [day.switched_on for day in beside.alike]
    usual, most = median(counts), max(counts)
    wander = mean(abs(count - usual) for count in counts)
    if today.switched_on >= most + 3 and today.switched_on - usual > FAR * wander:
        yield "many_switches", {"times": today.switched_on, "usual": usual}


def night(today, beside):
    """Left ready, or else left on, for most of a night, where it hardly ever is."""
    for kind, name in (("left_ready", "night_ready_h"), ("left_on", "night_on_h")):
        long, usual = getattr(today, name), median(getattr(day, name) for day in beside.every)
        if long >= LONG_NIGHT_H and usual < SHORT_NIGHT_H:
            money = today.night_kwh * beside.supply.price
            figures = {"hours": long, "usual": usual, "kwh": today.night_kwh, "money": money}
            yield kind, figures | {"currency": beside.supply.currency}
            return


def energy(today, beside):
    """Much more energy while switched on and not examining than on any day that it is on."""
    values = [day.idle_kwh for day in beside.every if on_h(day) > 1]
    if len(values) < DAYS_LEAST:
        return
    more = aside(today.idle_kwh, values, (), 0.3 * median(values))
    if more > 0:
        money = more * beside.supply.price
        figures = {"kwh": today.idle_kwh, "usual": median(values), "money": money}
        yield "idle_energy", figures | {"currency": beside.supply.currency}
