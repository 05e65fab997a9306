"""The room of readings: the same answers whatever the order of arrival, however often, and whenever it is sealed."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector import db, readings
from collector.readings import blocks, hot, sealed, sealing
from tests.collector.site import kept_of
from tests.collector.truth import (
    CURRENT,
    DAY_MS,
    HOUR_MS,
    NAMES,
    START_MS,
    TEMPERATURE,
    Said,
    played,
    said,
    upload,
)

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


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=1, max_size=10))
def test_answers_are_the_same_whatever_the_order_of_arrival_and_of_sealing(store, steps):
    played(steps)


def test_a_number_of_a_batch_is_never_given_twice(within):
    upload(said((1, 0, 5)))
    readings.seal(START_MS + DAY_MS)
    ((through,),) = db.rows("SELECT through FROM block")
    upload(said((2, 10, 5)))
    assert db.rows("SELECT max(batch_no) FROM batch") == [(through + 1,)]
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
    upload(said((7, 0, 1)), terminal_id="mri-01", carrier=2)
    readings.seal(START_MS + 10 * HOUR_MS)
    good = readings.check
    assert [found[:2] + found[3:] for found in good()] == [("ct-01", 100, [], [], []), ("mri-01", 1, [], [], [])]
    db.write_many("UPDATE block SET body = ? WHERE block_no = (SELECT min(block_no) FROM block)", [(b"nothing",)])
    db.write_many("DELETE FROM front WHERE carrier = ?", [(2,)])
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


def test_the_latest_values_are_those_of_the_highest_number_whichever_gateway_brought_it(within):
    def brought(gateway, seq, celsius, name="moved-01"):
        with db.write():
            readings.append([readings.Block(name, [seq], [START_MS + seq], {1: [celsius]})], gateway)

    def told():
        return {(one.terminal_id, one.seq): one.value for one in readings.latest(["moved-01", "stays-01", "never-01"])}

    for gateway in (1, 2):
        brought(gateway, gateway, 2000 + gateway, "stays-01")
    brought(1, 5, 2500)
    assert told() == {("moved-01", 5): 25.0, ("stays-01", 2): 20.02}
    brought(2, 9, 2900)
    brought(1, 7, 2700)  # what its first gateway still had
    assert told() == {("moved-01", 9): 29.0, ("stays-01", 2): 20.02}
    brought(1, 11, -400)
    assert told()["moved-01", 11] == -4.0
    many = [f"other-{n}" for n in range(300)]
    with db.write():
        readings.append([readings.Block(name, [1], [START_MS], {1: [n]}) for n, name in enumerate(many)], 3)
    found = {one.terminal_id: one.value for one in readings.latest([*many[1:], "never-01"])}
    assert found == {name: n / 100 for n, name in enumerate(many) if n}
