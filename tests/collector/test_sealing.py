"""Sealing: each block written once, safe to cut, whoever brought what, an open hour left as it came."""

import pytest

from collector import db, readings
from collector.readings import blocks, sealing
from tests.collector.site import kept_of
from tests.collector.truth import DAY_MS, HOUR_MS, START_MS, Truth, holds, said, upload


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
    assert db.rows("SELECT count(*) FROM batch") == [(1,)], "the last stays, for its number"
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
    assert db.rows("SELECT count(*) FROM batch") == [(1,)], "the last stays, for its number"


def test_an_open_hour_stays_as_it_came(within):
    upload(said((1, HOUR_MS - 1, 5), (2, HOUR_MS, 6)))
    assert readings.seal(START_MS + HOUR_MS + sealing.GRACE_MS) == 1
    assert db.rows("SELECT low_ms FROM batch") == [(START_MS + HOUR_MS,)]
    assert readings.seal(START_MS + HOUR_MS + sealing.GRACE_MS) == 0
    assert kept_of("ct-01").seq.tolist() == [1, 2]
