"""A fleet's schedule: every window once, spread over time; what cannot be run is told with what can."""

from collections import Counter

import pytest

from tests.fleet.account import Account, percentile
from tests.fleet.plan import MOST_PER_UPLOAD, PlanRefused, due_each_second, plan_of, uploads


@pytest.mark.parametrize(
    "terminals, gateways, window_s, upload_s",
    [(10, 2, 3, 1), (100, 7, 10, 1), (250, None, 10, 5), (1, None, 1, 1), (400, 1, 1, 3)],
)
def test_every_window_of_every_terminal_falls_due_once_and_in_order(terminals, gateways, window_s, upload_s):
    plan = plan_of(terminals, gateways, window_s, seconds=10 * window_s, upload_s=upload_s)
    seen = {}
    for gateway in range(plan.gateways):
        dues = list(uploads(plan, gateway))
        assert [due.due_s for due in dues] == sorted(due.due_s for due in dues)
        assert all(len(due.windows) <= MOST_PER_UPLOAD for due in dues)
        for due in dues:
            for terminal, n in due.windows:
                assert terminal % plan.gateways == gateway
                seen.setdefault(terminal, []).append((n, due.due_s))
    assert sorted(seen) == list(range(terminals))
    for windows in seen.values():
        assert [n for n, _due_s in windows] == list(range(1, len(windows) + 1))
        assert 10 - 1 - upload_s / window_s <= len(windows) <= 10
        assert all(0 <= due_s - window_s * (n - 1) <= window_s + upload_s for n, due_s in windows)


def test_a_fleet_is_spread_evenly_over_its_window():
    counts = due_each_second(plan_of(10_000, seconds=40, upload_s=1))
    assert sum(counts) == pytest.approx(40_000, rel=0.03)
    assert max(counts[2:]) <= 1.1 * 1000 and min(counts[2:]) >= 0.9 * 1000


@pytest.mark.parametrize(
    "words, said",
    [
        ({"terminals": 0}, "--terminals 0: give 1 to 100 000"),
        ({"terminals": 200_000}, "--terminals 200000: give 1 to 100 000"),
        ({"terminals": 1000, "gateways": 1}, "--gateways 1: 1000 terminals need 2 to 1000"),
        ({"terminals": 10, "gateways": 20}, "--gateways 20: 10 terminals need 1 to 10"),
        ({"terminals": 10, "window_s": 0}, "--window-s 0: give 1 to 3 600"),
        ({"terminals": 10, "seconds": 0}, "--seconds 0: give 1 to 86 400"),
        ({"terminals": 10, "pages_per_s": -1}, "--pages-per-s -1: give 0 to 100"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused_with_what_to_give(words, said):
    with pytest.raises(PlanRefused) as refused:
        plan_of(**words)
    assert str(refused.value).startswith(said)


def test_what_was_due_waits_until_it_is_acknowledged_whether_it_was_sent_or_not():
    account = Account([10, 10, 10])
    account.tick()
    account.acknowledge(4, 0.5, {"stored": 4, "refused": ()})
    account.tick()
    assert (account.due, account.waiting, account.most_waiting) == (20, 16, 16)
    assert [(one.due, one.acknowledged, one.upload_ms) for one in account.seconds] == [(10, 0, 0.0), (10, 4, 500.0)]


def test_a_percentile_is_a_delay_that_was_seen():
    assert percentile([], 99) is None
    delays = [n / 1000 for n in range(1, 101)]
    assert [percentile(delays, part) for part in (50, 99, 100)] == [50, 99, 100]
    assert dict(Counter(percentile([0.004], part) for part in (1, 50, 99, 100))) == {4: 4}
