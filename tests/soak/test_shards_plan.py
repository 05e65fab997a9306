"""The soak's plan for two shards: a short run is clean, and each thing it judges is seen when it is wrong."""

import pytest

from tests.soak.shards import faults_of, run

CLEAN = {
    "readings stored": 20_000,
    "readings summed": 20_000,
    "readings found once": 20_000,
    "ledgers whole": 200,
    "sums right": 200,
    "kills": 5,
    "uploads refused": 7,
    "least share of terminals, %": 40,
    "most share of terminals, %": 60,
    "seconds": 100,
}


@pytest.mark.timeout(280)
def test_two_hundred_thousand_readings_are_there_once_though_a_shard_is_killed_twice():
    seen, faults = run(240, count=200_000, terminals=20, kills=2)
    assert faults == [], seen


@pytest.mark.parametrize(
    "change,fault",
    [
        ({"readings stored": 20_001}, "readings stored: 20,001 instead of 20,000"),
        ({"readings found once": 19_999}, "readings found once: 19,999 instead of 20,000"),
        ({"readings summed": 0}, "readings summed: 0 instead of 20,000"),
        ({"ledgers whole": 199}, "ledgers whole: 199 instead of 200"),
        ({"sums right": 199}, "sums right: 199 instead of 200"),
        ({"kills": 4}, "kills: 4 instead of 5"),
        ({"uploads refused": 0}, "no kill met an insert: nothing was shown"),
        ({"least share of terminals, %": 39}, "a node holds less than 40 or more than 60 % of the terminals"),
        ({"seconds": 101}, "it took 101 s, at most 100"),
    ],
)
def test_what_is_wrong_is_said(change, fault):
    assert faults_of(CLEAN, 20_000, 200, 5, 100) == []
    assert faults_of(CLEAN | change, 20_000, 200, 5, 100) == [fault]
