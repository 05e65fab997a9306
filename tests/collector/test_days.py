"""Figures of days in any zone are those of their readings, wherever the zone's midnight falls in an hour of UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collector import db, readings
from collector.readings import rollup
from tests.collector.register import opened

FIRST = date(2025, 10, 20)
START_MS = int(datetime(2025, 10, 19, tzinfo=UTC).timestamp()) * 1000
EVERY_MS, COUNT = 600_000, 10 * 144  # every ten minutes for ten days
VALUES = [(n * 37) % 5000 for n in range(COUNT)]


@pytest.fixture(scope="module")
def store(server, tmp_path_factory):
    with opened(server):
        db.open_database(tmp_path_factory.mktemp("days"), make=True)
        db.migrate()
        seq, ts_ms = list(range(1, COUNT + 1)), [START_MS + n * EVERY_MS for n in range(COUNT)]
        with db.write():
            readings.append([readings.Block("ct-01", seq, ts_ms, {3: VALUES})])
        readings.seal(START_MS + 9 * 86_400_000)  # of the last days some are sealed by the hour, some not at all
        yield
        db.database.close()


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "UTC"])
def test_the_sums_of_a_day_are_those_of_its_readings(store, zone):
    there, last = ZoneInfo(zone), FIRST + timedelta(days=7)
    found = readings.days("ct-01", "current_a", FIRST, last, zone)
    wanted = {}
    for n, value in enumerate(VALUES):
        day = datetime.fromtimestamp((START_MS + n * EVERY_MS) / 1000, there).date()
        wanted.setdefault(day, []).append(value / 1000)
    assert [one.day for one in found] == [FIRST + timedelta(days=n) for n in range(8)]
    for one in found:
        some = wanted[one.day]
        assert (one.n, one.low, one.high) == (len(some), min(some), max(some))
        assert one.total == pytest.approx(sum(some))


def test_a_day_without_readings_has_no_sums(store):
    assert readings.days("ct-01", "current_a", date(2024, 1, 1), date(2024, 1, 3), "UTC") == []
    assert readings.days("mri-01", "current_a", FIRST, FIRST, "UTC") == []


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu"])
def test_seconds_in_states_are_kept_by_quarters_of_an_hour_and_said_again(store, zone):
    begin_ms = readings.bounds_of(FIRST, zone)[0]
    with db.write():
        for _again in range(2):
            quarters = {begin_ms + n * 900_000: (600, 0, 100, 200) for n in range(96 * 2)}
            readings.put_states("ct-01", quarters)
    first, last = FIRST - timedelta(days=1), FIRST + timedelta(days=1)
    found = readings.states("ct-01", first, last, zone)
    assert found[1:].tolist() == [[57_600, 0, 9_600, 19_200]] * 2
    assert not readings.states("mri-01", first, last, zone).any()
    noon_ms = begin_ms + 43_200_001
    before, after = (readings.states("ct-01", first, last, zone, *held) for held in ((0, noon_ms), (noon_ms, None)))
    assert (before + after).tolist() == found.tolist() and before[1].tolist() == [29_400, 0, 4_900, 9_800]
    hours = readings.hours("ct-01", "current_a", begin_ms, begin_ms + 86_400_000)
    assert len(hours) >= 23, "the sums of channels stand beside them as before"


def test_seconds_of_a_terminal_that_has_said_nothing_yet_are_kept_too(store):
    with db.write() as transaction:
        readings.put_states("new-01", {readings.bounds_of(FIRST, "UTC")[0]: (0, 0, 0, 900)})
        assert readings.states("new-01", FIRST, FIRST, "UTC").tolist() == [[0, 0, 0, 900]]
        transaction.rollback()


def test_sealing_leaves_the_seconds_of_states_as_they_are(store):
    with db.write() as transaction:
        readings.put_states("ct-01", {START_MS: (900, 0, 0, 0)})
        readings.append([readings.Block("ct-01", [COUNT + 1], [START_MS + 1], {3: [7]})])
        readings.seal(START_MS + 9 * 86_400_000)
        assert rollup.states_within(1, START_MS // 900_000, START_MS // 900_000 + 1).tolist() == [[900, 0, 0, 0]]
        transaction.rollback()


def test_late_readings_after_damage_add_to_the_sums_that_were_there(store):
    with db.write() as transaction:
        for seq, steps in ((1, 5000), (2, 7000), (3, 9000), (4, 1000)):
            readings.append([readings.Block("mri-01", [seq], [START_MS + seq], {3: [steps]})])
            readings.seal(START_MS + 9 * 86_400_000)
            if seq == 2:
                db.write_many("UPDATE block SET body = ?", [(b"nothing",)])
        (hour,) = readings.hours("mri-01", "current_a", START_MS, START_MS + 3_600_000)
        assert hour[2:] == (4, 1.0, 9.0, 22.0)
        assert readings.span("mri-01", (), 0, 2**50).seq.tolist() == [3, 4]
        transaction.rollback()


def test_a_day_in_which_clocks_are_changed_has_its_own_length():
    first, last = readings.bounds_of(date(2025, 10, 26), "Europe/Berlin")
    assert last - first == 25 * 3_600_000
