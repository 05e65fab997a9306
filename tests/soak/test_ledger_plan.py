"""The soak's ledger: three minutes of it are clean, and each thing it judges is seen when it is wrong."""

import pytest

from firmware.protocol.frame import seq_of
from tests.soak.ledger import run
from tests.soak.ledger_account import Account, Stored, account, faults_of
from tests.soak.ledger_plan import PROCESSES, plan_of

BOOT_NO = 5
CLEAN = [(n, n) for n in range(1, 11)]


def rows_of(*spans):
    """Rows that stand for windows of two seconds."""
    return [Stored(seq_of(BOOT_NO, last), seq_of(BOOT_NO, first), 2000 * last) for first, last in spans]


def gap(first, last, reason="outbox_full"):
    return seq_of(BOOT_NO, first), seq_of(BOOT_NO, last), reason


def told(rows, *gaps, made=10):
    return account("ct-00", BOOT_NO, made, rows, list(gaps))


@pytest.mark.timeout(600)
def test_three_minutes_of_kills_outages_and_a_full_disk_lose_nothing_and_double_nothing():
    seen, faults = run(180, terminals=12)
    print(seen)
    assert faults == []
    assert seen["made"] >= 12 * 60 and seen["stored once"] > 0
    assert all(seen[f"kills of the {name}"] >= 2 for name in PROCESSES)
    if seen["seconds of full disk"]:
        assert seen["times the outbox took nothing"] + seen["starts refused by a full disk"] > 0


def test_every_number_stored_once_is_a_clean_account():
    assert told(rows_of(*CLEAN)) == Account("ct-00", 10, 10, 0, {}, 0)
    assert told(rows_of((1, 6), (7, 10))) == Account("ct-00", 10, 10, 0, {}, 0), "rows that stand for several windows"


def test_what_came_after_the_terminal_was_asked_is_not_looked_at():
    assert told(rows_of(*CLEAN, (11, 11))) == Account("ct-00", 10, 10, 0, {}, 0)


def test_a_number_that_is_nowhere_is_unexplained():
    assert told(rows_of(*CLEAN[:3], *CLEAN[4:])).unexplained == 1
    assert told(rows_of(*CLEAN[:8])).unexplained == 2, "the newest too"


def test_a_gap_explains_what_is_not_stored_and_nothing_more():
    assert told(rows_of(*CLEAN[:3], *CLEAN[6:]), gap(3, 5), gap(6, 6, "reboot")) == Account(
        "ct-00", 10, 7, 0, {"outbox_full": 2, "reboot": 1}, 0
    )


def test_a_number_under_two_rows_or_a_window_under_two_numbers_is_doubled():
    assert told(rows_of(*CLEAN, (9, 10))).doubled >= 2
    twin = Stored(seq_of(BOOT_NO, 4), seq_of(BOOT_NO, 4), 2000 * 3)
    assert told([*rows_of(*CLEAN[:3], *CLEAN[4:]), twin]).doubled == 1


def test_what_is_wrong_is_said():
    wrong = [Account("ct-00", 10, 8, 1, {}, 2), Account("ct-01", 0, 0, 0, {}, 0)]
    assert faults_of(wrong) == ["ct-00: 2 of 10 unexplained", "ct-00: 1 doubled", "ct-01: it made nothing"]


def test_a_plan_is_the_same_for_a_seed_and_has_every_kind_of_blow():
    blows = plan_of(1200, 11)
    assert blows == plan_of(1200, 11) != plan_of(1200, 12)
    outages = {blow.target for blow in blows if blow.down_s == 120}
    assert outages == set(PROCESSES)
    assert [blow.down_s for blow in blows if blow.target == "disk"] == [100]
    assert len(blows) >= 60 and all(blow.at_s + blow.down_s < 1200 for blow in blows)
