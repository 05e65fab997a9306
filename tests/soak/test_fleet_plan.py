"""The soak's plan for a fleet: a short run is clean, and each thing it judges is seen when it is wrong."""

import pytest

from collector.readings import HOUR_MS
from collector.readings.sealing import GRACE_MS
from tests.fleet.before import closed_ms
from tests.fleet.plan import plan_of
from tests.soak.fleet import faults_of, run

NOW_MS = 1_790_000_000_000
CLEAN = {
    "readings due": 10_000,
    "stored once": 10_000,
    "refused": 0,
    "wait at the end": 0,
    "most that waited": 200,
    "failures": 0,
    "terminals sealed meanwhile": 1000,
    "upload, p99 in ms": 1000,
    "overview page, p99 in ms": 400,
    "overview API, p99 in ms": 400,
}


@pytest.mark.timeout(200)
def test_four_hundred_terminals_lose_nothing_while_the_hour_before_is_sealed():
    seen, faults = run(18, terminals=400, settings="seal_every_s = 2\n", before=12)
    print(seen, faults)
    assert seen["stored once"] == seen["readings due"] > 600
    assert (seen["wait at the end"], seen["refused"], seen["failures"]) == (0, 0, 0)
    assert seen["terminals sealed meanwhile"] == 400
    delays = {name: value for name, value in seen.items() if name.endswith("in ms")}
    assert len(delays) == 3 and all(0 < value < 10_000 for value in delays.values()), "limits are for a quiet machine"


def test_a_clean_run_has_no_fault():
    assert faults_of(plan_of(1000), CLEAN) == []


@pytest.mark.parametrize(
    "name, value, fault",
    [
        ("wait at the end", 1, "wait at the end: 1, at most 0"),
        ("most that waited", 201, "most that waited: 201, at most 200"),
        ("failures", 2, "failures: 2, at most 0"),
        ("refused", 3, "refused: 3, at most 0"),
        ("stored once", 9_999, "stored once: 9,999, at least 10,000"),
        ("terminals sealed meanwhile", 999, "terminals sealed meanwhile: 999, at least 1,000"),
        ("upload, p99 in ms", 1001, "upload, p99 in ms: 1,001, at most 1,000"),
        ("overview page, p99 in ms", 401, "overview page, p99 in ms: 401, at most 400"),
    ],
)
def test_what_is_wrong_is_said(name, value, fault):
    assert faults_of(plan_of(1000), CLEAN | {name: value}) == [fault]


@pytest.mark.parametrize("minute", range(0, 60, 7))
def test_the_hour_before_is_closed_whenever_a_run_begins(minute):
    now_ms = NOW_MS // HOUR_MS * HOUR_MS + minute * 60_000
    began_ms = closed_ms(now_ms)
    assert began_ms % HOUR_MS == 0
    assert began_ms + HOUR_MS + GRACE_MS <= now_ms < began_ms + 2 * HOUR_MS + GRACE_MS
