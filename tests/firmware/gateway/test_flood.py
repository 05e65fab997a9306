"""How much one peer may send: buckets by name, bars for who goes on, and what is bounded by them."""

import asyncio
from collections import Counter

import pytest

from firmware.gateway import flood
from firmware.gateway.config import DEFAULTS
from firmware.gateway.flood import BURST_S, LONGER, NAMES_MOST, STRANGERS_MOST, Buckets, Flood

SETTINGS = {
    **DEFAULTS,
    "flood.messages_per_s": 10.0,
    "flood.bytes_per_s": 1000.0,
    "flood.connections_per_s": 2.0,
    "flood.bar_s": 60.0,
}


class Dam:
    """A Flood with a clock of its own."""

    def __init__(self):
        self.counts, self.now_s = Counter(), 1000.0
        self.flood = Flood(SETTINGS, self._count, lambda: self.now_s)

    def _count(self, terminal_id, code, _text):
        self.counts[terminal_id, code] += 1

    def takes(self, times, peer="ct-01", size=1):
        return sum(self.flood.takes(peer, peer, size) for _ in range(times))


@pytest.fixture
def dam():
    return Dam()


def test_a_bucket_holds_a_burst_and_fills_again_with_time():
    buckets = Buckets(10)
    assert [buckets.lacks("a", (1,), 0) for _ in range(51)].count(None) == 10 * BURST_S
    assert buckets.lacks("b", (1,), 0) is None, "each name has its own"
    assert [buckets.lacks("a", (1,), 1) for _ in range(11)].count(None) == 10
    assert [buckets.lacks("a", (1,), 10**6) for _ in range(60)].count(None) == 10 * BURST_S


def test_what_is_refused_costs_nothing_of_the_other_kind():
    buckets = Buckets(1, 10)
    assert buckets.lacks("a", (1, 51), 0) == 1 and buckets.lacks("a", (1, 50), 0) is None
    assert buckets.lacks("a", (1, 1), 0) == 1
    assert [buckets.lacks("a", (1, 0), 0) for _ in range(5)] == [None] * 4 + [0]


def test_what_is_owed_is_time():
    buckets = Buckets(10, 100)
    assert buckets.owed_s("a", (50, 0), 0) == 0 and buckets.owed_s("a", (5, 700), 0) == 2
    assert buckets.owed_s("a", (0, 0), 2) == 0


def test_buckets_are_bounded_and_the_busy_one_stays():
    buckets = Buckets(1)
    for n in range(NAMES_MOST + 10):
        buckets.lacks("busy", (1,), 0)
        buckets.lacks(n, (1,), 0)
    assert len(buckets._levels) == NAMES_MOST and buckets.lacks("busy", (1,), 0) == 0


@pytest.mark.parametrize("size,code,passes", [(1, "flood_messages", 50), (500, "flood_bytes", 10)])
def test_too_many_messages_or_bytes_are_refused_counted_and_a_neighbour_unharmed(dam, size, code, passes):
    assert dam.takes(60, size=size) == passes
    assert dam.counts == {("ct-01", code): 60 - passes} and dam.takes(50, "ct-02") == 50


def test_who_goes_on_is_barred_for_longer_each_time_and_comes_back(dam):
    for times in (1, 2, 4, LONGER, LONGER):
        dam.counts.clear()
        dam.takes(200)
        assert dam.counts["ct-01", "flood_barred"] == 1 and dam.flood.bars() == {"ct-01": 60 * times}
        assert dam.takes(1000) == 0 and sum(dam.counts.values()) == 52, "a barred peer costs nothing more"
        dam.now_s += 60 * times
        assert not dam.flood.barred("ct-01") and dam.takes(10) == 10


def test_connections_of_one_address_are_bounded_in_number_and_pace(dam, monkeypatch):
    assert [dam.flood.enter("10.0.0.9") for _ in range(11)].count(True) == 10
    assert dam.flood.enter("10.0.0.8") and dam.counts == {("", "flood_connections"): 1}
    dam.now_s += 100
    monkeypatch.setattr(flood, "STRANGERS_MOST", 11)
    assert dam.flood.enter("10.0.0.9") and not dam.flood.enter("10.0.0.9"), "so many have not shown a password"
    dam.flood.leave("10.0.0.9")
    assert dam.flood.enter("10.0.0.9") and STRANGERS_MOST < 100


def test_rules_change_when_a_bar_begins_and_when_it_ends():
    async def two_changes():
        settings = {**SETTINGS, "flood.bar_s": 0.2}
        changes, one = asyncio.Queue(), Flood(settings, lambda *_told: None)

        async def changed():
            changes.put_nowait(one.bars().keys())

        running = asyncio.create_task(one.run(changed))
        for _ in range(200):
            one.takes("ct-01", "ct-01", 1)
        told = [await asyncio.wait_for(changes.get(), 10) for _ in range(2)]
        running.cancel()
        return told

    assert asyncio.run(two_changes()) == [{"ct-01"}, set()]


def test_who_is_read_too_often_waits_and_is_counted():
    counts = Counter()

    async def paced():
        settings = {**SETTINGS, "flood.messages_per_s": 10.0}  # a hundred reads a second, five hundred at once
        one, loop = Flood(settings, lambda who, code, _text: counts.update([(who, code)])), asyncio.get_running_loop()
        began_s = loop.time()
        for _ in range(520):
            await one.pace("/dev/ttyACM0", "ct-01", 0)
        slow_s = loop.time() - began_s
        await one.pace("/dev/ttyACM1", "ct-02", 0)
        return slow_s

    assert 0.15 < asyncio.run(paced()) < 5
    assert 0 < counts["ct-01", "flood_paced"] <= 20 and len(counts) == 1
