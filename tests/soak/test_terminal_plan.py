"""The soak's plan for terminals: a short run is clean, and each thing it judges is seen when it is wrong."""

import pytest

from firmware.protocol.frame import Reading, seq_of
from tests.soak.terminal import faults_of, run


def reading(n, boot_no=5, second=None, current_a=1.0):
    """One window of ten seconds."""
    return Reading(
        "ct-00", 10_000 * (n if second is None else second), seq_of(boot_no, n), {"current_a": current_a}, 0, 1
    )


CLEAN = [reading(n) for n in range(1, 6)]


def test_three_terminals_lose_nothing_and_double_nothing_while_their_links_are_cut():
    seen, faults = run(25, terminals=3, up_s=(3, 5), down_s=(1, 2))
    print(seen)
    assert faults == []
    assert seen["link cuts"] >= 6 and seen["readings"] >= 30 and seen["statuses"] >= 6


def test_a_clean_run_has_no_fault_though_a_reading_was_sent_again():
    assert faults_of([*CLEAN, CLEAN[2]], [99_000, 90_000, 85_000, 80_000, 70_000, 79_000, 71_000]) == []


@pytest.mark.parametrize(
    ("readings", "heaps", "fault"),
    [
        (CLEAN[:2] + CLEAN[3:], [], "1 readings lost, the first is number 3"),
        ([*CLEAN, reading(3, current_a=2.0)], [], "number 3 came with two contents"),
        ([*CLEAN, reading(6, second=5)], [], "1 windows came under two numbers"),
        ([*CLEAN, reading(1, boot_no=6)], [], "readings of 2 boots; one was to come"),
        (CLEAN, [90_000, 85_000, 82_000, 80_000, 79_000, 77_000, 76_000], "free heap fell from 80000 to 77000 bytes"),
    ],
)
def test_what_is_wrong_is_said(readings, heaps, fault):
    assert faults_of(readings, heaps) == [fault]
