"""Hours of a unit: learned once, told once, repaired where late readings come, whatever the order they come in."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector import db, readings, running
from collector.following import Following
from collector.running import models, settling, telling
from collector.running.live import Live
from collector.running.readings import ordered
from firmware.processing.state import HOUR_MS, STATES
from tests.bench.running.trace import EPOCH_S, make
from tests.collector.site import BOOT

START_MS = EPOCH_S * 1000
DAY_MS = 24 * HOUR_MS
ZONE = "Asia/Shanghai"
CHANNELS = {3: "current_a", 4: "current_min_a", 5: "current_max_a"}


@pytest.fixture(scope="module")
def trace():
    return make("CT", 5, 3, 10, "rough")


def bring(trace, rows, seq=lambda row: BOOT + 1 + row):
    """Store these rows of a trace as one upload of ct-01."""
    steps = {number: [round(getattr(trace, name)[row] * 1000) for row in rows] for number, name in CHANNELS.items()}
    block = readings.Block("ct-01", [seq(row) for row in rows], [int(trace.ts_ms[row]) for row in rows], steps)
    with db.write():
        readings.append([block], 1)


def told():
    """Everything that was made of the readings, in plain values."""
    number = models.units().popitem()[0]
    spells = models.spells_of_days(number, 0, 10**6)
    exams = [(one.start_ms, one.end_ms, one.sure) for one in models.Exam.within(1, 0, 2**50)]
    quarters = readings.state_quarters("ct-01", START_MS, START_MS + 4 * DAY_MS).tolist()
    return spells, exams, quarters


@pytest.fixture
def learned(site, trace):
    """ct-01 with three days of a CT, its levels learned, its hours told."""
    with site.app.app_context():
        bring(trace, range(len(trace.ts_ms)))
        running.Rounds().go(START_MS + 3 * DAY_MS, ZONE)
        yield site


def test_a_unit_is_learned_after_a_day_and_told_back_to_its_first_hour(learned, trace):
    spells, exams, quarters = told()
    (version,) = models.versions_of(1)
    assert version.why == "first" and version.from_ms == START_MS and version.records[0].kind == "CT"
    hours = [hour for day in spells.values() for hour in day]
    assert min(hours) == START_MS // HOUR_MS and len(hours) == 3 * 24 - 2, "the last two hours are not over yet"
    whole = running.analyse(columns(trace), "CT")
    assert len(exams) == pytest.approx(len(whole.exams), abs=2) and len(exams) == pytest.approx(
        len(trace.exams), rel=0.05
    )
    until_ms = START_MS + 70 * HOUR_MS
    for place, state in enumerate(STATES):
        here = [one for one in telling.clipped(whole.spells, 0, until_ms) if one.state == state]
        wanted_s = sum(one.end_ms - one.start_ms for one in here) / 1000
        assert sum(row[place] for row in quarters) == pytest.approx(wanted_s, rel=0.01, abs=120), state


def test_a_unit_is_looked_after_from_when_its_first_hour_can_be_told(site, trace):
    with site.app.app_context():
        bring(trace, range(len(trace.ts_ms)))
        rounds = running.Rounds()
        for now_ms, through in ((START_MS + 2 * HOUR_MS, None), (START_MS + 3 * HOUR_MS, START_MS // HOUR_MS - 1)):
            rounds.go(now_ms, ZONE)
            unit = models.unit_of(1)
            assert (unit and unit.through) == through


def test_a_late_reading_mends_its_hour_and_the_two_beside_it_and_marks_the_levels_for_review(learned, trace):
    live = Following([Live()])
    live.go_on(START_MS + 3 * DAY_MS)
    before, _exams, _quarters = told()
    hour = START_MS // HOUR_MS + 30
    late = readings.Block(
        "ct-01", [BOOT + 90_000], [hour * HOUR_MS + 1_805_000], {3: [60_000], 4: [60_000], 5: [60_000]}
    )
    with db.write():
        readings.append([late], 1)
    live.go_on(START_MS + 3 * DAY_MS)
    assert models.unsettled() == {1: [hour]}
    assert running.Rounds().go(START_MS + 3 * DAY_MS, ZONE) == 3 and models.unsettled() == {}
    after, _exams, _quarters = told()
    changed = {at for day in after for at in after[day] if after[day][at] != before[day].get(at)}
    assert hour in changed and changed <= {hour - 1, hour, hour + 1}
    assert models.versions_of(1)[0].review_ms == START_MS + 3 * DAY_MS
    assert running.Rounds().go(START_MS + 3 * DAY_MS, ZONE) == 0, "and nothing is left to do"


def columns(trace):
    return ordered(trace.ts_ms, trace.current_a, trace.current_min_a, trace.current_max_a)


@pytest.fixture
def fixed(site, trace):
    """The same unit before any reading, with levels that are known already."""
    with site.app.app_context():
        whole = running.analyse(columns(trace), "CT")
        version = models.Version(0, START_MS, START_MS, START_MS, START_MS, "first", None, whole.levels, whole.habits)
        with db.write():
            models.add_version(1, version)
            models.keep_unit(models.Unit(1, START_MS // HOUR_MS - 1, 2**50))
        yield site


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), parts=st.integers(2, 30), rounds=st.integers(1, 3))
def test_any_order_and_any_batches_give_the_same_spells_counts_and_seconds(fixed, trace, seed, parts, rounds):
    rows = [row for row in range(len(trace.ts_ms)) if trace.ts_ms[row] < START_MS + DAY_MS + 2 * HOUR_MS]
    wanted = _made_of(trace, [rows], [START_MS + DAY_MS])
    dice = random.Random(seed)
    whole_stretches = dice.random() < 0.7
    if not whole_stretches:
        dice.shuffle(rows)
    cuts = sorted(dice.sample(range(1, len(rows)), parts - 1))
    some = [rows[first:last] for first, last in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    if whole_stretches:
        dice.shuffle(some)
    firsts = [int(trace.ts_ms[part[0]]) // HOUR_MS for part in some]  # a look tells just up to where some part begins
    looks = [(dice.choice(firsts) + 2) * HOUR_MS + settling.GRACE_MS for _ in range(rounds)]
    assert _made_of(trace, some + some[:2], looks) == wanted


def _made_of(trace, uploads, looks):
    """What is told of uploads in this order, with a round at each of these times somewhere between them."""
    with db.write() as transaction:
        live, end_ms = Following([Live()]), START_MS + 3 * DAY_MS
        live.go_on(end_ms)
        for at, upload in enumerate(uploads):
            bring(trace, upload)
            live.go_on(end_ms)
            for look in looks[at :: len(uploads)]:
                running.Rounds().go(look, ZONE)
        running.Rounds().go(end_ms, ZONE)
        found = told()
        transaction.rollback()
    return found
