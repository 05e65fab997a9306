"""What is done with units by itself: warnings of closed days, the watch over a magnet, levels learned anew."""

from datetime import date, timedelta

import numpy as np
import pytest

from collector import db, equipment, events, gateways, readings, running
from collector.equipment import Equipment
from collector.events.watch import Watch
from collector.running import models, warnings
from collector.running.analysis import analyse
from firmware.processing.state import HOUR_MS, Spell
from firmware.protocol.channels import BY_NAME
from tests.bench.running import cooling as compressor
from tests.bench.running.life import FIRST, midnight
from tests.bench.running.trace import make
from tests.collector.running.test_hours import DAY_MS, START_MS, ZONE, bring, columns
from tests.collector.site import BOOT, CT, now_ms

DAYS = 60


@pytest.fixture(scope="module")
def trace():
    return make("CT", 5, 3, 10, "rough")


@pytest.fixture(scope="module")
def whole(trace):
    return analyse(columns(trace), "CT")


def lived(day_no, exams=10):
    """{hour number: [Spell]} of a day of UTC: on for as many hours as there are examinations, one in each."""
    out = {}
    for hour in range(day_no * 24, day_no * 24 + 24):
        start, end = hour * HOUR_MS, hour * HOUR_MS + HOUR_MS
        if not day_no * 24 <= hour < day_no * 24 + exams:
            out[hour] = [Spell(start, end, "off", 0.95, 0.0, 0.0, 0.0)]
        else:
            first, last = start + 20 * 60_000, start + 21 * 60_000
            parts = ((start, first, "standby"), (first, last, "working"), (last, end, "standby"))
            out[hour] = [Spell(*part, 0.95, 4.0, 60.0, 4.0 * (part[1] - part[0]) / 1000) for part in parts]
    return out


def known(binding_id, whole, days, through_ms):
    """Keep what a unit did, as if it had been told of it; nothing of it is to be learned."""
    version = models.Version(0, START_MS, START_MS, START_MS, START_MS, "first", None, whole.levels, whole.habits)
    with db.write():
        models.add_version(binding_id, version)
        models.keep_unit(models.Unit(binding_id, through_ms // HOUR_MS + 12, 2**50))
        models.keep_days(binding_id, days)


def test_a_day_that_is_unlike_its_kind_is_warned_of_once_and_stands_on_the_page(site, whole):
    first = START_MS // DAY_MS
    today_ms = START_MS + DAYS * DAY_MS
    with site.app.app_context():
        days = {first + n: lived(first + n, 0 if n == DAYS - 1 else 10) for n in range(DAYS)}
        known(1, whole, days, today_ms)
        for _ in range(2):
            running.Rounds().go(today_ms, ZONE)
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
        known(1, found, {}, 0)
        assert watched(lowest_a, START_MS, 0) == []
        (lost,) = watched(0.2 * lowest_a, START_MS + HOUR_MS, 10_000)
        assert lost.kind == "cold_lost" and lost.from_ms >= START_MS + HOUR_MS
        settings, watch = site.app.config["SETTINGS"], Watch()
        watch.look(settings, START_MS + 2 * HOUR_MS, 0)
        event = events.Event.get(events.Event.type == "cooling")
        assert (event.severity, event.equipment_id, event.began_ms) == ("critical", 1, lost.from_ms)
        watch.look(settings, START_MS + 2 * HOUR_MS + 60_000, 60_000)
        assert events.Event.select().where(events.Event.type == "cooling").count() == 1, "raised once"
        watched(lowest_a, START_MS + 2 * HOUR_MS, 20_000)
        watch.look(settings, START_MS + 3 * HOUR_MS, 120_000)
        assert not events.Event.get_by_id(event.id).is_raised, "cleared once it is cooled again"
    site.sign_in()
    assert "its compressor has stopped" in site.get(f"/events/{event.id}").text


@pytest.mark.parametrize("volts,kind", [(None, "sensor_lost"), (3.1, "supply_lost"), (231.0, "clamp_lost")])
def test_no_current_at_all_is_told_apart_by_what_another_terminal_measures_of_the_mains(site, volts, kind):
    trace = make("MRI", 7, 3, 10, "plain")
    with site.app.app_context():
        Equipment.update(kind="MRI").execute()
        known(1, analyse(columns(trace), "MRI"), {}, 0)
        equipment.bind("mri-01", "A-0001", now_ms(), from_ms=1, group="supply")
        if volts is not None:
            measured = readings.Block("mri-01", [BOOT + 1], [START_MS + HOUR_MS - 60_000], {15: [round(volts * 100)]})
            with db.write():
                readings.append([measured], 2)
        assert [one.kind for one in watched(0.0, START_MS, 0)] == [kind]


MONTHS = 120  # days of January to April 2026


def test_a_month_that_falls_behind_is_told_beside_the_months_before_and_the_units_of_its_class(site, whole):
    first, today_ms = START_MS // DAY_MS, START_MS + MONTHS * DAY_MS
    with site.app.app_context():
        for number in (2, 3):
            gateways.add_terminal(site.data_dir, f"ct-0{number}", bytes(range(number, number + 32)), now_ms())
            equipment.add_equipment(CT | {"asset_number": f"A-000{number}"}, now_ms())
            equipment.bind(f"ct-0{number}", f"A-000{number}", now_ms(), from_ms=1)
        for number, in_april in ((1, 10), (2, 10), (3, 4)):
            if number == 3:
                running.Rounds().go(today_ms, ZONE)
                assert kinds() == [[], [], []], "nothing is known of the third yet"
            days = {first + n: lived(first + n, in_april if n >= 90 else 10) for n in range(MONTHS)}
            known(number, whole, days, today_ms)
        for _again in range(2):
            running.Rounds().go(today_ms + HOUR_MS, ZONE)
        assert kinds() == [[], [], ["class_behind", "month_less"]]


def test_a_compressor_that_cycles_otherwise_than_in_the_weeks_before_is_warned_of(site):
    days = 12
    with site.app.app_context():
        Equipment.update(kind="MRI").execute()
        whole = analyse(columns(make("MRI", 7, 3, 10, "plain")), "MRI")._replace(levels=[compressor.LEVELS])
        rng, told, first = np.random.default_rng(3), {}, midnight(FIRST) // DAY_MS
        for n in range(days):
            how = compressor.Day(900 if n < days - 1 else 2400, 0.6, compressor.OFF_A)
            ts_ms, mean, least = zip(*compressor.played(n, how, rng)[0], strict=True)
            steps = {3: [round(1000 * one) for one in mean], 4: [round(1000 * one) for one in least]}
            numbers = [BOOT + 1 + 10_000 * n + at for at in range(len(ts_ms))]
            with db.write():
                readings.append([readings.Block("ct-01", numbers, list(ts_ms), steps)], 1)
            for hour in range((first + n) * 24, (first + n) * 24 + 24):
                start = hour * HOUR_MS
                told.setdefault(first + n, {})[hour] = [Spell(start, start + HOUR_MS, "off", 0.97, 12.0, 16.0, 0.0)]
        known(1, whole, told, midnight(FIRST + timedelta(days=days)))
        for n in range(1, days + 1):
            with db.write():
                models.keep_unit(models.units()[1]._replace(judged=""))
            running.Rounds().go(midnight(FIRST + timedelta(days=n)), "UTC")
        (found,) = [one for one in models.findings_of(Equipment.get_by_id(1), 0, 2**50) if one.kind == "cycles_long"]
        assert found.figures["day"] == str(FIRST + timedelta(days=days - 1)) and found.figures["minutes"] > 30
        assert len(models.coolings(Equipment.get_by_id(1), date(2100, 1, 1), 99)) == days
    site.sign_in()
    assert "from start to start" in site.get(f"/usage/1?day={FIRST + timedelta(days=days)}").text


def test_a_disk_that_will_be_full_within_a_month_is_warned_of(site, whole):
    days, first = 20, START_MS // DAY_MS
    with site.app.app_context():
        equipment.bind("mri-01", "A-0001", now_ms(), from_ms=1, group="supply")
        steps = {BY_NAME["disk_size_gb"].id: [], BY_NAME["disk_used_pct"].id: []}
        ts_ms = [START_MS + n * DAY_MS + HOUR_MS for n in range(days)]
        for n in range(days):
            for name, value in (("disk_size_gb", 1000), ("disk_used_pct", 60 + 1.5 * n)):
                steps[BY_NAME[name].id].append(round(value * BY_NAME[name].scale))
        with db.write():
            readings.append([readings.Block("mri-01", [BOOT + 1 + n for n in range(days)], ts_ms, steps)], 2)
        known(1, whole, {first + n: lived(first + n) for n in range(days)}, START_MS + days * DAY_MS)
        running.Rounds().go(START_MS + days * DAY_MS, ZONE)
        (found,) = [one for one in models.findings_of(Equipment.get_by_id(1), 0, 2**50) if one.kind == "disk_full"]
        assert found.figures["days"] == pytest.approx(7.67, abs=0.4) and found.figures["growth"] == pytest.approx(15)


def kinds():
    """The kinds of findings of a month of each unit."""
    return [
        sorted(one.kind for one in models.findings_of(unit, 0, 2**50) if "month" in one.figures)
        for unit in Equipment.select().order_by(Equipment.id)
    ]


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
        running.Rounds().go(START_MS + 3 * DAY_MS, ZONE)
        before = models.spells_of_days(1, START_MS // DAY_MS, START_MS // DAY_MS + 1)
        moved = trace._replace(ts_ms=trace.ts_ms + 3 * DAY_MS, **{
            name: getattr(trace, name) * 2.6 for name in ("current_a", "current_min_a", "current_max_a")
        })  # fmt: skip
        bring(moved, rows, lambda row: BOOT + 100_001 + row)
        for day in (4, 5, 6):
            running.Rounds().go(START_MS + day * DAY_MS + 4 * HOUR_MS, ZONE)
        first, *later = models.versions_of(1)
        assert first.why == "first" and later and {one.why for one in later} == {"changed"}
        assert later[0].from_ms >= START_MS + 3 * DAY_MS
        levels = first.records[-1].plateaus[-1][1], later[-1].records[-1].plateaus[-1][1] * later[-1].records[-1].gain
        assert levels[1] == pytest.approx(2.6 * levels[0], rel=0.1), "the change can be shown"
        assert models.spells_of_days(1, START_MS // DAY_MS, START_MS // DAY_MS + 1) == before
