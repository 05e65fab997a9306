"""The room of readings: the same answers whatever the order of arrival, however often, and whenever it is sealed."""

from collections import namedtuple
from math import isnan

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector import db, readings
from collector.readings import blocks, hot, sealed, sealing
from firmware.processing.intervals import merged
from tests.collector.register import opened
from tests.collector.site import kept_of

HOUR_MS = readings.HOUR_MS
DAY_MS = 24 * HOUR_MS
START_MS = 1_760_400_000_000 // DAY_MS * DAY_MS
TEMPERATURE, CURRENT, CHARGE = 1, 3, 7
NAMES = {TEMPERATURE: "temperature_c", CURRENT: "current_a", CHARGE: "charge_as"}
SCALE = {TEMPERATURE: 100, CURRENT: 1000, CHARGE: 100}

# what a test says of a reading; after_ms: since START_MS; steps: {channel id: steps or None}
Said = namedtuple("Said", ("seq", "after_ms", "windows", "steps"))

STEPS = st.one_of(st.none(), st.integers(-4000, 12500))
READING = st.builds(
    Said,
    st.integers(1, 40),
    st.integers(0, 30 * HOUR_MS),
    st.integers(1, 6),
    st.dictionaries(st.sampled_from(sorted(NAMES)), STEPS, min_size=1),
)
UPLOAD = st.lists(READING, min_size=1, max_size=12)
STEP = st.one_of(UPLOAD, st.integers(0, 60 * HOUR_MS))  # an upload, or a sealing so long after START_MS


@pytest.fixture(scope="module")
def store(server, tmp_path_factory):
    with opened(server):
        db.open_database(tmp_path_factory.mktemp("readings"), make=True)
        db.migrate()
        yield
        db.database.close()


@pytest.fixture
def within(store):
    """A transaction that leaves nothing behind."""
    with db.write() as transaction:
        yield
        transaction.rollback()


def said(*rows):
    """Readings of a current alone: (seq, after_ms, current steps) tuples."""
    return [Said(seq, after_ms, 1, {CURRENT: steps}) for seq, after_ms, steps in rows]


def upload(rows, terminal_id="ct-01", carrier=1):
    """Store readings as a gateway brings them: those with the same channels side by side."""
    by_channels = {}
    for row in rows:
        by_channels.setdefault(tuple(sorted(row.steps)), []).append(row)
    found = [
        readings.Block(
            terminal_id,
            [row.seq for row in group],
            [START_MS + row.after_ms for row in group],
            {channel_id: [row.steps[channel_id] for row in group] for channel_id in channels},
            windows=[row.windows for row in group],
        )
        for channels, group in by_channels.items()
    ]
    return readings.append(found, carrier)


class Truth:
    """What should be there, kept in the plainest way: the first reading of each number."""

    def __init__(self):
        self.kept = {}

    def add(self, rows):
        by_channels = {}
        for row in rows:
            by_channels.setdefault(tuple(sorted(row.steps)), []).append(row)
        for group in by_channels.values():
            for row in group:
                self.kept.setdefault(row.seq, row)

    def rows(self):
        return sorted(self.kept.values(), key=lambda row: (row.after_ms, row.seq))

    def hours(self, channel_id):
        hours, scale = {}, SCALE[channel_id]
        for row in self.rows():
            steps = row.steps.get(channel_id)
            if steps is not None:
                times = 1 if channel_id == CHARGE else row.windows
                hours.setdefault(row.after_ms // HOUR_MS, []).append((row.windows, steps, steps * times))
        return [
            (
                START_MS + hour * HOUR_MS,
                sum(n for n, _steps, _total in some),
                min(steps for _n, steps, _total in some) / scale,
                max(steps for _n, steps, _total in some) / scale,
                pytest.approx(sum(total for _n, _steps, total in some) / scale),
            )
            for hour, some in sorted(hours.items())
        ]

    def latest(self):
        found = {}
        for row in self.kept.values():
            for channel_id, steps in row.steps.items():
                if channel_id not in found or found[channel_id][0] < row.seq:
                    value = None if steps is None else steps / SCALE[channel_id]
                    found[channel_id] = (row.seq, START_MS + row.after_ms, value)
        return sorted((NAMES[channel_id], *rest) for channel_id, rest in found.items())


def holds(truth):
    """Whether the room answers every question as the truth does."""
    rows, found = truth.rows(), kept_of("ct-01", *NAMES.values())
    assert found.seq.tolist() == [row.seq for row in rows]
    assert found.ts_ms.tolist() == [START_MS + row.after_ms for row in rows]
    assert found.windows.tolist() == [row.windows for row in rows]
    for channel_id in NAMES:
        states = readings.states_of(found, channel_id).tolist()
        wanted = [2 if channel_id not in row.steps else int(row.steps[channel_id] is None) for row in rows]
        assert states == wanted
        values = readings.values_of(found, channel_id).tolist()
        for row, value in zip(rows, values, strict=True):
            steps = row.steps.get(channel_id)
            assert isnan(value) if steps is None else value == steps / SCALE[channel_id]
        hours = readings.hours("ct-01", NAMES[channel_id], START_MS, START_MS + 2 * DAY_MS)
        assert [hour[1:] for hour in hours] == truth.hours(channel_id)
    assert sorted(one[1:] for one in readings.latest(["ct-01"])) == truth.latest()
    stored = readings.intervals_of("ct-01", readings.STORED)
    assert stored == merged([(seq, seq) for seq in truth.kept])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=1, max_size=10))
def test_answers_are_the_same_whatever_the_order_of_arrival_and_of_sealing(store, steps):
    truth = Truth()
    with db.write() as transaction:
        for step in steps:
            if isinstance(step, int):
                readings.seal(START_MS + step)
            else:
                assert upload(step).stored == len({row.seq for row in step} - truth.kept.keys())
                assert upload(step).stored == 0
                truth.add(step)
        holds(truth)
        transaction.rollback()


@pytest.mark.parametrize("cut", ["_drop", "_fold_days", "single_hours"])
def test_a_sealing_that_was_cut_is_finished_by_the_next(within, monkeypatch, cut):
    truth, room = Truth(), blocks if cut == "single_hours" else sealing
    for first in (1, 101):
        rows = said(*((n, n * 600_000, n) for n in range(first, first + 100)))
        truth.add(rows)
        upload(rows)
        with monkeypatch.context() as cutting:
            cutting.setattr(room, cut, raising)
            with pytest.raises(KeyboardInterrupt):
                readings.seal(START_MS + 3 * DAY_MS)
        holds(truth)
    readings.seal(START_MS + 3 * DAY_MS)
    holds(truth)
    assert db.rows("SELECT count(*) FROM batch") == [(0,)]
    assert db.rows("SELECT hours, count(*) FROM block GROUP BY hours") == [(24, 2)]


def raising(*_arguments):
    raise KeyboardInterrupt


def test_what_two_gateways_brought_is_sealed_together(within):
    truth = Truth()
    for carrier in (1, 2, 1, 2):
        rows = said(*((n, n * 1000, n) for n in range(10 * carrier, 10 * carrier + 9)))
        truth.add(rows)
        upload(rows, carrier=carrier)
        holds(truth)
    readings.seal(START_MS + HOUR_MS + sealing.GRACE_MS)
    holds(truth)


def test_each_terminal_gets_the_block_of_an_hour_once_however_many_uploads_brought_it(within, monkeypatch):
    truth, put = Truth(), []
    for n in range(700):
        rows = said((1 + n, n * 1000, n))
        truth.add(rows)
        upload(rows)
    keep = blocks.put
    monkeypatch.setattr(blocks, "put", lambda *block: (put.append(block), keep(*block)))
    assert readings.seal(START_MS + HOUR_MS + sealing.GRACE_MS) == 700
    assert len(put) == 1, "one terminal, one hour"
    holds(truth)


@pytest.mark.parametrize("most", [1, 2000])
def test_more_than_memory_may_hold_is_sealed_part_by_part(within, monkeypatch, most):
    monkeypatch.setattr(sealing, "BYTES", most)
    truth = Truth()
    for n in range(60):
        rows = said((1 + n, n * 1000, n))
        truth.add(rows)
        upload(rows, carrier=1 + n % 3)
    assert readings.seal(START_MS + HOUR_MS + sealing.GRACE_MS) == 60
    holds(truth)
    assert db.rows("SELECT count(*) FROM batch") == [(0,)]


def test_an_open_hour_stays_as_it_came(within):
    upload(said((1, HOUR_MS - 1, 5), (2, HOUR_MS, 6)))
    assert readings.seal(START_MS + HOUR_MS + sealing.GRACE_MS) == 1
    assert db.rows("SELECT low_ms FROM batch") == [(START_MS + HOUR_MS,)]
    assert readings.seal(START_MS + HOUR_MS + sealing.GRACE_MS) == 0
    assert kept_of("ct-01").seq.tolist() == [1, 2]


def test_a_number_of_a_batch_is_never_given_twice(within):
    upload(said((1, 0, 5)))
    readings.seal(START_MS + DAY_MS)
    assert db.rows("SELECT count(*) FROM batch") == [(0,)]
    upload(said((2, 10, 5)))
    assert kept_of("ct-01").seq.tolist() == [1, 2]


def test_a_damaged_block_is_named_and_then_set_aside_with_its_bytes(within):
    upload(said((1, 0, 5)))
    upload(said((2, 0, 7)), terminal_id="mri-01")
    readings.seal(START_MS + DAY_MS)
    body = db.rows("SELECT body FROM block ORDER BY block_no")[0][0]
    broken = body[:-1] + bytes([body[-1] ^ 1])
    db.write_many("UPDATE block SET body = ? WHERE body = ?", [(broken, body)])
    with pytest.raises(readings.Damaged, match=r"terminal \d+, hour .*: its check does not match"):
        kept_of("ct-01")
    assert kept_of("mri-01").seq.tolist() == [2]
    upload(said((3, 10, 9)))
    readings.seal(START_MS + DAY_MS)
    assert kept_of("ct-01").seq.tolist() == [3]
    assert db.rows("SELECT body FROM damaged") == [(broken,)]


def test_a_check_counts_every_number_and_names_what_is_wrong(within):
    upload(said(*((n, n * 600_000, n) for n in range(1, 101))))
    upload(said((7, 0, 1)), terminal_id="mri-01")
    readings.seal(START_MS + 10 * HOUR_MS)
    good = readings.check
    assert [found[:2] + found[3:] for found in good()] == [("ct-01", 100, [], [], []), ("mri-01", 1, [], [], [])]
    db.write_many("UPDATE block SET body = ? WHERE block_no = (SELECT min(block_no) FROM block)", [(b"nothing",)])
    gone = "DELETE FROM interval WHERE terminal_no = (SELECT terminal_no FROM source WHERE terminal_id = ?)"
    db.write_many(gone, [("mri-01",)])
    first, second = good()
    assert len(first.damaged) == 1 and "its check does not match" in first.damaged[0]
    assert first.lost == [(1, 5)] and first.readings == 95
    assert second.unknown == [(7, 7)]


def test_a_series_has_one_point_per_step_with_mean_and_extremes(within):
    rows = [Said(1, 0, 1, {TEMPERATURE: 2000}), Said(2, 4000, 3, {TEMPERATURE: 2400})]
    upload([*rows, Said(3, 10_000, 1, {TEMPERATURE: None})])
    points = readings.series("ct-01", "temperature_c", START_MS, START_MS + 60_000, 10_000)
    assert points == [readings.Point(START_MS + 2000, 23.0, 20.0, 24.0)]


def test_a_series_has_no_point_where_nothing_was_measured(within):
    upload([Said(1, 0, 1, {TEMPERATURE: 2000, CURRENT: None}), Said(2, 50_000, 1, {TEMPERATURE: 2100, CURRENT: None})])
    points = readings.series("ct-01", "temperature_c", START_MS, START_MS + 60_000, 10_000)
    assert [point.ts_ms - START_MS for point in points] == [0, 50_000]
    assert readings.series("ct-01", "current_a", START_MS, START_MS + 60_000, 10_000) == []


def test_extremes_inside_windows_are_those_of_a_series(within):
    upload([Said(1, 0, 1, {3: 5000, 4: 1000, 5: 9000}), Said(2, 10, 1, {3: 6000, 4: None, 5: None})])
    points = readings.series("ct-01", "current_a", START_MS, START_MS + 1000, 1000, "current_min_a", "current_max_a")
    assert points == [readings.Point(START_MS + 5, 5.5, 1.0, 9.0)]


def test_what_is_stored_and_not_followed_is_left_to_do(within):
    upload(said(*((n, n, 5) for n in range(1, 11))))
    readings.add("ct-01", readings.FOLLOWED, [(1, 4), (7, 7)])
    assert readings.unfollowed("ct-01") == [(5, 6), (8, 10)]
    assert readings.unfollowed("mri-01") == []


WILD = st.one_of(st.integers(-5, 5), st.integers(-(2**31), 2**31), st.integers(-(2**62), 2**62))


@given(st.lists(st.tuples(st.integers(1, 2**53), WILD, WILD), min_size=1, max_size=50))
def test_a_sealed_block_gives_back_every_bit(rows):
    seq, ts_ms, steps = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    zeros = np.zeros(len(rows), np.int64)
    states = np.array([value % 3 for value in range(len(rows))], np.uint8)
    columns = readings.Columns(seq, ts_ms, zeros, zeros + 1, zeros, {1: steps, 2: zeros}, {2: states})
    found = sealed.unseal(sealed.seal(columns))
    for name in ("seq", "ts_ms", "behind", "windows", "flags"):
        assert (getattr(found, name) == getattr(columns, name)).all()
    assert (found.steps[1] == steps).all() and (found.states[2] == states).all() and set(found.states) == {2}


@pytest.mark.parametrize("place", [0, 3, 4, 20, -1])
def test_every_changed_byte_of_a_block_is_found(place):
    zeros = np.zeros(9, np.int64)
    body = bytearray(sealed.seal(readings.Columns(np.arange(9), zeros, zeros, zeros, zeros, {}, {})))
    body[place] ^= 0x40
    with pytest.raises(readings.Damaged):
        sealed.unseal(bytes(body))


def test_the_plans_never_walk_over_everything(within, server):
    if server is not None:
        pytest.skip("PostgreSQL plans by what is in the tables, and here nothing is")
    questions = ((sealing._BATCHES, (1, 1, 1)), (sealing._OVER, (1, 1)), (sealing._TERMINALS, (1,)))
    questions += ((hot._OF_TERMINAL, (1, 1, 1)), (blocks._WITHIN.format(", body"), (1, 2)))
    for sql, parameters in questions:
        plan = " ".join(row[3] for row in db.rows(f"EXPLAIN QUERY PLAN {sql}", parameters))
        assert "SCAN" not in plan, plan
