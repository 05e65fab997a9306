"""The gateway's bench measures what it says, with a few publishers; ratios are for a quiet machine."""

import pytest

from tests.bench import gateway


@pytest.mark.timeout(300)
def test_a_small_bench_gives_every_figure_and_loses_nothing():
    rows = {
        row.name: row
        for row in gateway.rows(publishers=4, messages=30, rounds=2, paced_s=1, delay_rounds=1, terminals=6)
    }
    assert len(rows) == 7 and all(row.value > 0 for name, row in rows.items() if "lost" not in name)
    lost = rows["gateway, acknowledged and lost"]
    assert lost.holds and lost.value == 0 and "of 0 " not in lost.peer
    assert rows["gateway, messages to the disk"].peer.startswith("mosquitto -> paho")
