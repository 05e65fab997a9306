"""The fleet's bench measures what it says, with a few terminals; its limits are for a whole hour of them."""

from tests.bench import fleet


def test_a_small_bench_gives_every_figure():
    batches, rate, start = fleet.rows(terminals=20, batches=3, few=3, seconds=4, start_s=2)
    assert batches.value > 0 and batches.unit == "B/reading" and "bare sqlite3" in batches.peer
    assert batches.ratio > 0
    assert rate.value > 0 and rate.unit == "kB/s" and rate.ratio == rate.value / fleet.RATE_MOST
    assert start.value > 0 and start.unit == "kB"
    assert (batches.holds, rate.holds) == (batches.value <= fleet.BYTES_MOST, rate.value <= fleet.RATE_MOST)
