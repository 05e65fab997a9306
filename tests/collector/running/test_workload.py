"""A unit's day beside its own days: a pause by the minutes it lasted, a count where chance hardly goes."""

from datetime import UTC
from math import exp, lgamma, log
from statistics import NormalDist

import numpy as np
import pytest

from collector.running.days import HOUR_MS, days_of
from collector.running.usual import surprise
from collector.running.workload import unusual
from firmware.processing.exams import Exam
from firmware.processing.state import OFF, READY, Spell

pytestmark = pytest.mark.once("no database is asked")

DAYS, PATIENTS, FROM_H, UNTIL_H, LONG_MS = 60, 60, 8.0, 18.0, 120_000
LATE = 40  # a day with a patient in the evening
START_MS = 1_767_571_200_000  # a Monday, 2026-01-05 UTC
DAY_MS = 24 * HOUR_MS


def lived(last):
    """Days on from 7 to 19, each with patients by chance; `last`: the hours of the last day's patients."""
    rng, spells, exams = np.random.default_rng(4), [], []
    for at in range(DAYS):
        begin = START_MS + at * DAY_MS
        bounds = (0, 7, 19, 24)
        for state, first, until in zip((OFF, READY, OFF), bounds, bounds[1:], strict=False):
            spells.append(Spell(begin + first * HOUR_MS, begin + until * HOUR_MS, state, 1.0, 0.0, 0.0, 0.0))
        hours = last if at == DAYS - 1 else np.sort(rng.uniform(FROM_H, UNTIL_H, PATIENTS))
        hours = np.append(hours, 19.5) if at == LATE else hours
        starts = [int(begin + hour * HOUR_MS) for hour in hours]
        exams += [Exam(start, start + LONG_MS, 1.0) for start in starts]
    return days_of(spells, exams, UTC)


def told(last):
    return {one.kind: one.figures for one in unusual(lived(last))}


def even(count, *spans):
    """So many hours, evenly over spans of (from, until)."""
    long = sum(until - first for first, until in spans)
    parts = [np.linspace(first, until, round(count * (until - first) / long)) for first, until in spans]
    return np.concatenate(parts)


def test_a_pause_is_told_by_the_minutes_it_lasted():
    found = told(even(PATIENTS * 0.7, (FROM_H, 10.05), (12.95, UNTIL_H)))
    assert found["pause_in_day"]["from"] == "10:05" and found["pause_in_day"]["until"] == "12:57"
    assert 14 < found["pause_in_day"]["usual"] < 21, "what is usual of two hours and 52 minutes"
    assert not found.keys() & {"quiet_day"}, "the pause says it all"
    assert "pause_in_day" not in told(even(PATIENTS, (FROM_H, 11.05), (12.0, UNTIL_H))), "an hour is nothing"


def test_a_count_is_said_only_where_chance_hardly_goes():
    assert "busy_day" in told(even(PATIENTS * 1.9, (FROM_H, UNTIL_H)))
    assert "quiet_day" in told(even(PATIENTS * 0.3, (FROM_H, UNTIL_H)))
    assert not told(even(PATIENTS * 1.3, (FROM_H, UNTIL_H))).keys() & {"busy_day", "quiet_day"}


def test_an_evening_that_is_hardly_used_is_told_and_one_that_runs_over_is_not():
    late = even(PATIENTS, (FROM_H, UNTIL_H))
    found = told(np.concatenate((late, UNTIL_H + 0.1 + 0.3 * np.arange(8))))
    assert found["odd_hours"]["from"] == "18:00" and "late_end" not in found, "one finding says it"
    assert "odd_hours" not in told(np.concatenate((late, UNTIL_H + 0.1 + 0.7 * np.arange(3))))


@pytest.mark.parametrize("count, usual", [(28, 11.0), (7, 26.0), (100, 100.0), (3, 0.2), (0, 9.0)])
def test_a_count_lies_as_far_as_its_chance_says(count, usual):
    """Beside the tail of Poisson's distribution, summed; half of the count itself belongs to either side."""
    *below, here = (exp(at * log(usual) - usual - lgamma(at + 1)) for at in range(count + 1))
    assert surprise(count, usual) == pytest.approx(NormalDist().inv_cdf(sum(below) + here / 2), abs=0.1)
