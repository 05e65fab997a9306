"""What is done with units by itself: warnings of closed days, the watch over a magnet, levels learned anew."""

from datetime import date, timedelta

import pytest

from collector import db, readings, running
from collector.equipment import Equipment
from collector.running import models, warnings
from collector.running.analysis import analyse
from firmware.processing.state import HOUR_MS, Spell
from tests.bench.running.trace import make
from tests.collector.running.test_hours import DAY_MS, START_MS, ZONE, bring, columns
from tests.collector.site import BOOT

DAYS = 60


@pytest.fixture(scope="module")
def trace():
    return make("CT", 5, 3, 10, "rough")


@pytest.fixture(scope="module")
def whole(trace):
    return analyse(columns(trace), "CT")


def lived(day_no, off=False):
    """{hour number: [Spell]} of a day of UTC: on for ten hours, an examination in each."""
    out = {}
    for hour in range(day_no * 24, day_no * 24 + 24):
        start, end = hour * HOUR_MS, hour * HOUR_MS + HOUR_MS
        if off or not day_no * 24 <= hour < day_no * 24 + 10:
            out[hour] = [Spell(start, end, "off", 0.95, 0.0, 0.0, 0.0)]
        else:
            first, last = start + 20 * 60_000, start + 21 * 60_000
            parts = ((start, first, "standby"), (first, last, "working"), (last, end, "standby"))
            out[hour] = [Spell(*part, 0.95, 4.0, 60.0, 4.0 * (part[1] - part[0]) / 1000) for part in parts]
    return out


def test_a_day_that_is_unlike_its_kind_is_warned_of_once_and_stands_on_the_page(site, whole):
    first = START_MS // DAY_MS
    today_ms = START_MS + DAYS * DAY_MS
    with site.app.app_context():
        version = models.Version(0, START_MS, START_MS, START_MS, START_MS, "first", None, whole.levels, whole.habits)
        with db.write():
            models.add_version(1, version)
            models.keep_unit(models.Unit(1, today_ms // HOUR_MS + 12, 2**50))
            days = {first + n: lived(first + n, off=n == DAYS - 1) for n in range(DAYS)}
            models.keep_days(1, days)
        for _ in range(2):
            running.go_round(today_ms, ZONE)
        found = models.findings_of(Equipment.get_by_id(1), 0, 2**50)
        assert [one.kind for one in found] == ["not_on"]
        assert found[0].figures["day"] == str(date(2026, 1, 1) + timedelta(days=DAYS - 1))
        assert models.units()[1].judged == "2026-03-02"
    site.sign_in()
    assert "Not switched on at all on 2026-03-01" in site.get("/usage/1?day=2026-03-02").text


def test_a_magnet_whose_compressor_stops_is_told_from_one_that_is_off(site):
    trace = make("MRI", 7, 3, 10, "plain")
    found = analyse(columns(trace), "MRI")
    lowest_a = found.levels[-1].plateaus[0][1] * found.levels[-1].gain
    with site.app.app_context():
        Equipment.update(kind="MRI").execute()
        version = models.Version(0, START_MS, START_MS, START_MS, START_MS, "first", None, found.levels, found.habits)
        with db.write():
            models.add_version(1, version)
        assert watched(lowest_a, START_MS, 0) == []
        (lost,) = watched(0.2 * lowest_a, START_MS + HOUR_MS, 10_000)
        assert lost.kind == "cold_lost" and lost.from_ms >= START_MS + HOUR_MS


def watched(amps, from_ms, seq):
    """[Finding] after an hour of a current."""
    ts_ms = list(range(from_ms, from_ms + HOUR_MS, 10_000))
    numbers = [BOOT + 1 + seq + at for at in range(len(ts_ms))]
    with db.write():
        steps = {3: [round(amps * 1000)] * len(ts_ms)}
        readings.append([readings.Block("ct-01", numbers, ts_ms, steps)], 1)
    warnings.watch(from_ms + HOUR_MS)
    return models.findings_of(Equipment.get_by_id(1), 0, 2**50)


def test_levels_that_no_longer_fit_are_learned_anew_and_old_hours_keep_theirs(site, trace):
    with site.app.app_context():
        rows = range(len(trace.ts_ms))
        bring(trace, rows)
        running.go_round(START_MS + 3 * DAY_MS, ZONE)
        before = models.spells_of_days(1, START_MS // DAY_MS, START_MS // DAY_MS + 1)
        moved = trace._replace(ts_ms=trace.ts_ms + 3 * DAY_MS, **{
            name: getattr(trace, name) * 2.6 for name in ("current_a", "current_min_a", "current_max_a")
        })  # fmt: skip
        bring(moved, rows, lambda row: BOOT + 100_001 + row)
        for day in (4, 5, 6):
            running.go_round(START_MS + day * DAY_MS + 4 * HOUR_MS, ZONE)
        first, *later = models.versions_of(1)
        assert first.why == "first" and later and {one.why for one in later} == {"changed"}
        assert later[0].from_ms >= START_MS + 3 * DAY_MS
        levels = first.records[-1].plateaus[-1][1], later[-1].records[-1].plateaus[-1][1] * later[-1].records[-1].gain
        assert levels[1] == pytest.approx(2.6 * levels[0], rel=0.1), "the change can be shown"
        assert models.spells_of_days(1, START_MS // DAY_MS, START_MS // DAY_MS + 1) == before
