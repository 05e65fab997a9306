"""Readings on a ClickHouse shard of two replicas that is reached over TLS."""

import time

import pytest

from collector import db, readings
from collector.errors import Away
from collector.readings import stores
from collector.readings.clickhouse.cluster import Cluster, of_url
from tests.collector.site import BOOT, block, now_ms, readings_of
from tests.fakes.certificates import make_ca
from tests.servers import clickhouse

NAME = "replicated"
WAIT_S = 60


@pytest.fixture(scope="module")
def cluster():
    """One shard, two replicas."""
    with clickhouse.replicated() as running:
        yield running


@pytest.fixture
def kept(site, cluster, monkeypatch):
    """A hospital whose readings lie there."""
    monkeypatch.setenv(stores.URL, cluster.url(NAME))
    with site.app.app_context():
        db.connect()
        readings.migrate_store()
        yield site


def test_one_replica_goes_away_and_comes_back_and_both_hold_every_reading_once(kept, cluster):
    start_ms = now_ms() - 3 * 3_600_000
    kept.upload(block(count=20, start_ms=start_ms))
    both_hold(cluster, 20)
    away = cluster.nodes[0]
    away.kill()
    try:
        more = block(first=21, count=20, start_ms=start_ms + 200_000)
        assert kept.upload(more)["stored"] == 20 and kept.upload(more)["stored"] == 0
        assert readings_of(kept, "ct-01").seq.tolist() == [BOOT + n for n in range(1, 41)], "the other has them all"
    finally:
        away.start()
    both_hold(cluster, 40)
    readings.seal(now_ms())
    assert all(not (one.lost or one.unknown or one.doubled) for one in readings.check())
    engines = cluster.nodes[0].ask("SELECT DISTINCT engine FROM system.tables WHERE database = %(it)s", it=NAME)
    assert {engine for (engine,) in engines} == {"ReplicatedReplacingMergeTree", "Distributed"}


def both_hold(cluster, count):
    """Wait until each replica, asked alone, holds so many different readings."""
    deadline = time.monotonic() + WAIT_S
    for node in cluster.nodes:
        while (found := node.ask(f"SELECT uniqExact(terminal_id, seq) FROM {NAME}.reading")) != [(count,)]:
            assert time.monotonic() < deadline, f"{found} of {count} after {WAIT_S} s"
            time.sleep(0.1)


def test_a_server_that_another_authority_speaks_for_is_not_told_the_password(cluster, tmp_path):
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(make_ca("somebody else").pem)
    url = cluster.url(NAME).replace(str(cluster.ca), str(stranger))
    with pytest.raises(Away, match="does not serve: .*certificate verify failed"):
        Cluster(of_url(url)).shards()


def test_a_port_of_tls_does_not_answer_in_the_clear(cluster):
    plain = cluster.url(NAME).replace("clickhouses:", "clickhouse:").partition("&ca=")[0]
    with pytest.raises(Away, match="the cluster of ClickHouse does not serve"):
        Cluster(of_url(plain)).shards()
