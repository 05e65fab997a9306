"""The room of readings: sums per hour, series, what is followed, whatever the order of arrival."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector import db, readings
from collector.readings.columns import HEAD
from collector.readings.hours import Hour, sums

NAMES = ("temperature_c", "current_a")
START_MS = 1_760_400_000_000 // readings.HOUR_MS * readings.HOUR_MS
VALUE = st.one_of(st.none(), st.integers(-4000, 12500).map(lambda steps: steps / 100))
READING = st.tuples(st.integers(1, 40), st.integers(0, 3 * readings.HOUR_MS), st.integers(1, 6), VALUE, VALUE)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    db.open_database(tmp_path_factory.mktemp("readings"), make=True)
    db.migrate()
    readings.add_channels()
    yield
    db.database.close()


def block_of(rows, terminal_id="ct-01"):
    """A Block of (seq, ms after START_MS, windows, temperature, current) tuples."""
    seq, after_ms, windows, *values = (list(column) for column in zip(*rows, strict=True))
    ts_ms = [START_MS + ms for ms in after_ms]
    values = dict(zip(NAMES, values, strict=True))
    return readings.Block(terminal_id, seq, ts_ms, [0] * len(seq), seq, windows, values)


def kept_hours(terminal_id="ct-01"):
    return [hour for name in sorted(NAMES) for hour in readings.hours(terminal_id, name, START_MS, START_MS + 10**8)]


def recomputed_hours():
    columns = ", ".join(HEAD + NAMES)
    rows = db.rows(f"SELECT {columns} FROM reading WHERE terminal_id = 'ct-01'")
    return sorted(sums(NAMES, rows))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(READING, min_size=1, max_size=12), min_size=1, max_size=6), st.randoms())
def test_hours_equal_a_recomputation_under_late_and_repeated_data(store, batches, random):
    sent = batches + random.sample(batches, len(batches) // 2)
    random.shuffle(sent)
    with db.write() as transaction:
        for batch in sent:
            readings.append(block_of(batch))
        kept, fresh = kept_hours(), recomputed_hours()
        stored = {seq for (seq,) in db.rows("SELECT seq FROM reading")}
        intervals = readings.intervals_of("ct-01", readings.STORED)
        transaction.rollback()
    assert [hour[:5] for hour in kept] == [hour[:5] for hour in fresh]
    assert [hour.total for hour in kept] == pytest.approx([hour.total for hour in fresh])
    assert stored == {row[0] for batch in batches for row in batch}
    assert {n for first, last in intervals for n in range(first, last + 1)} == stored


def test_an_hour_counts_windows_and_weighs_by_them(store):
    rows = [("ct-01", START_MS, 1, 1, 1, 0, 0, 10.0), ("ct-01", START_MS + 5, 7, 2, 6, 0, 0, 20.0)]
    rows.append(("ct-01", START_MS + 9, 8, 8, 1, 0, 1, None))
    assert sums(["current_a"], rows) == [Hour("current_a", START_MS, 7, 10.0, 20.0, 130.0)]


@pytest.fixture
def within(store):
    """A transaction that leaves nothing behind."""
    with db.write() as transaction:
        yield
        transaction.rollback()


def test_a_series_has_one_point_per_step_with_mean_and_extremes(within):
    readings.append(block_of([(1, 0, 1, 20.0, 5.0), (2, 4000, 3, 24.0, 9.0), (3, 10_000, 1, None, 1.0)]))
    points = readings.series("ct-01", "temperature_c", START_MS, START_MS + 60_000, 10_000)
    assert points == [readings.Point(START_MS + 2000, 23.0, 20.0, 24.0)]


def test_a_series_has_no_point_where_nothing_was_measured(within):
    readings.append(block_of([(1, 0, 1, 20.0, None), (2, 50_000, 1, 21.0, None)]))
    points = readings.series("ct-01", "temperature_c", START_MS, START_MS + 60_000, 10_000)
    assert [point.ts_ms - START_MS for point in points] == [0, 50_000]
    assert readings.series("ct-01", "current_a", START_MS, START_MS + 60_000, 10_000) == []


def test_a_name_that_is_no_channel_never_reaches_a_statement(within):
    with pytest.raises(KeyError):
        readings.series("ct-01", "1; DROP TABLE reading", 0, 1, 1)


def test_what_is_stored_and_not_followed_is_left_to_do(within):
    readings.append(block_of([(n, n, 1, 20.0, 5.0) for n in range(1, 11)]))
    readings.add("ct-01", readings.FOLLOWED, [(1, 4), (7, 7)])
    assert readings.unfollowed("ct-01") == [(5, 6), (8, 10)]
    assert readings.unfollowed("mri-01") == []


def test_the_plan_of_a_series_uses_the_key(within):
    plan = db.rows("EXPLAIN QUERY PLAN SELECT * FROM reading WHERE terminal_id = 'a' AND ts_ms >= 1 AND ts_ms < 2")
    assert "USING PRIMARY KEY" in plan[0][3]
