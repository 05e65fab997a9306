"""Readings on a real ClickHouse cluster of two shards: the other store's answers, also when a node goes away."""

import itertools
import signal
import time
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector import db, gateways, readings
from collector.errors import ActionError, Away
from collector.readings import stores
from collector.readings.clickhouse import cluster as places
from collector.readings.clickhouse.cluster import of_url
from tests.collector.register import opened
from tests.collector.site import BOOT, block, kept_of, now_ms, readings_of
from tests.collector.test_readings import (  # the contract: pytest runs what is imported here with the fixtures of here
    STEP,
    test_a_series_has_no_point_where_nothing_was_measured,
    test_a_series_has_one_point_per_step_with_mean_and_extremes,
    test_extremes_inside_windows_are_those_of_a_series,
)
from tests.collector.test_sealing import test_what_two_gateways_brought_is_sealed_together
from tests.collector.truth import DAY_MS, HOUR_MS, START_MS, Truth, holds, played, said, upload
from tests.servers import clickhouse

CONTRACT = (
    test_a_series_has_no_point_where_nothing_was_measured,
    test_a_series_has_one_point_per_step_with_mean_and_extremes,
    test_extremes_inside_windows_are_those_of_a_series,
    test_what_two_gateways_brought_is_sealed_together,
)
SECRET = "a-password-nobody-sees"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def cluster():
    """Two shards that all tests of this file share."""
    with clickhouse.serving() as running:
        yield running


@contextmanager
def kept_on(cluster):
    """The name of a new database on the cluster, in which this process keeps readings until the end of this."""
    name = f"readings_{next(_numbers)}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(stores.URL, cluster.url(name))
        yield name


@pytest.fixture(scope="module")
def store(server, cluster, tmp_path_factory):
    """The name of a database on the cluster that keeps the readings of a register."""
    with opened(server), kept_on(cluster) as name:
        db.open_database(tmp_path_factory.mktemp("clickhouse"), make=True)
        db.migrate()
        with pytest.raises(ActionError, match="the tables on ClickHouse are older than this program; run .* migrate"):
            readings.seal(0)
        assert len(readings.migrate_store()) == 2 and readings.migrate_store() == []
        yield name
        db.database.close()


@pytest.fixture
def within(store, cluster):
    """A register and a cluster in which nothing stays."""
    with db.write() as transaction:
        yield
        transaction.rollback()
    empty(store, cluster)


def empty(name, cluster):
    """Until nothing is there: a merge under way while a table is emptied brings its rows back."""
    under_way = "SELECT count() FROM system.merges WHERE database = %(name)s"
    for node in cluster.nodes:
        for table in ("reading", "hour"):
            node.ask(f"TRUNCATE TABLE {name}.{table}")
            while node.ask(under_way, name=name) != [(0,)] or node.ask(f"SELECT count() FROM {name}.{table}") != [(0,)]:
                time.sleep(0.01)
                node.ask(f"TRUNCATE TABLE {name}.{table}")


@pytest.fixture
def spread(site, cluster):
    """(hospital, gateway 1's terminals) whose readings lie on the cluster, half of them on each node."""
    with kept_on(cluster) as name, site.app.app_context():
        db.connect()
        readings.migrate_store()
        for at in range(2, 12):
            gateways.add_terminal(site.data_dir, f"ct-{at:02}", bytes(32), now_ms())
            gateways.assign_terminal(f"ct-{at:02}", "gw-1")
        yield site, name, [f"ct-{at:02}" for at in range(1, 12)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=1, max_size=10))
def test_answers_are_the_same_whatever_the_order_of_arrival_and_of_sealing(store, cluster, steps):
    try:
        played(steps)
    finally:
        empty(store, cluster)


def test_what_the_register_forgot_comes_again_and_counts_once(store, cluster):
    rows, truth = said(*((n, n * 60_000, n) for n in range(1, 121))), Truth()
    truth.add(rows)
    for _ in range(3):  # on the cluster, but a crash before the commit
        with db.write() as transaction:
            upload(rows)
            readings.seal(START_MS + DAY_MS)
            transaction.rollback()
    with db.write() as transaction:
        upload(rows)
        holds(truth)
        assert readings.seal(START_MS + DAY_MS) == 120
        holds(truth)
        late = said((500, 30_000, 9000), (501, HOUR_MS + 1, -5))
        truth.add(late)
        upload(late)
        holds(truth)
        assert readings.seal(START_MS + DAY_MS) == 121, "of the two hours that late ones came for"
        holds(truth)
        assert [found[:2] + found[3:] for found in readings.check()] == [("ct-01", 122, [], [], [])]
        transaction.rollback()
    empty(store, cluster)


def test_months_that_are_over_are_let_go_and_their_sums_stay(within):
    upload(said((1, 0, 5), (2, 40 * DAY_MS, 7)))
    readings.seal(START_MS + 50 * DAY_MS)
    assert readings.retire(START_MS + 40 * DAY_MS) == 1
    assert kept_of("ct-01").seq.tolist() == [2]
    hours = readings.hours("ct-01", "current_a", START_MS, START_MS + 50 * DAY_MS)
    assert [(one.hour_ms - START_MS, one.total) for one in hours] == [(0, 0.005), (40 * DAY_MS, 0.007)]


def test_terminals_are_spread_evenly_and_stay_where_they_are(within, cluster, store):
    for seq in (1, 2):
        readings.append([readings.Block(f"t-{at:02}", [seq], [START_MS + seq], {3: [at]}) for at in range(30)])
    held = [node.ask(f"SELECT uniqExact(terminal_id), count() FROM {store}.reading") for node in cluster.nodes]
    assert held == [[(15, 30)], [(15, 30)]]
    everything = cluster.nodes[0].ask(f"SELECT uniqExact(terminal_id), count() FROM {store}.reading_all")
    assert everything == [(30, 60)]


def test_a_node_that_goes_away_costs_its_own_terminals_a_wait_and_nobody_a_reading(spread, cluster):
    site, name, terminals = spread
    blocks = [block(count=20, terminal_id=terminal_id) for terminal_id in terminals]
    site.upload(*blocks[:2])
    away = cluster.nodes[1]
    away.kill()
    try:
        body = {"sent_ms": 1, "readings": blocks}
        refused = site.post("/a02/v1/batches", body)
        assert refused.status_code == 503 and int(refused.headers["Retry-After"]) > 0
        assert refused.json["code"] == "store_unavailable" and "shard 2 of ClickHouse" in refused.json["error"]
        assert clickhouse.PASSWORD not in refused.text
        served = [shard_of(name, cluster.nodes[0], terminal_id) for terminal_id in terminals]
        (mine,) = [one for one, there in zip(terminals[:2], served, strict=False) if there]
        assert len(readings_of(site, mine).seq) == 20
        more = block(first=21, count=5, terminal_id=mine)
        assert site.upload(more)["stored"] == 5, "terminals of the other node go on"
    finally:
        away.start()
    answers = [site.upload(*blocks) for _ in range(2)]
    assert [one["stored"] for one in answers] == [20 * len(terminals) - 40, 0]
    for terminal_id in terminals:
        count = 25 if terminal_id == mine else 20
        assert sorted(readings_of(site, terminal_id).seq.tolist()) == [BOOT + 1 + n for n in range(count)]
    assert all(not (one.lost or one.unknown or one.doubled) for one in readings.check())


def test_a_node_that_hangs_holds_up_one_upload_and_the_next_ones_are_answered_at_once(spread, cluster, monkeypatch):
    site, _name, terminals = spread
    blocks = [block(count=20, terminal_id=terminal_id) for terminal_id in terminals]
    monkeypatch.setattr(places, "HOLD_S", 3)
    monkeypatch.setitem(places.WAIT_S, "send_receive_timeout", 1)
    site.upload(*blocks[:2])
    hung = cluster.nodes[1].process
    hung.send_signal(signal.SIGSTOP)
    try:
        body = {"sent_ms": 1, "readings": blocks}
        assert site.post("/a02/v1/batches", body).status_code == 503
        began = time.monotonic()
        refused = site.post("/a02/v1/batches", body)
        assert refused.status_code == 503 and "let somebody wait in vain" in refused.json["error"]
        assert time.monotonic() - began < 1, "nobody else waits for it"
    finally:
        hung.send_signal(signal.SIGCONT)
    while (answer := site.post("/a02/v1/batches", body)).status_code == 503:
        assert time.monotonic() - began < 60, answer.text
        time.sleep(0.2)
    assert answer.json["stored"] == 20 * (len(terminals) - 2) and site.upload(*blocks)["stored"] == 0
    assert all(not (one.lost or one.unknown or one.doubled) for one in readings.check())


def shard_of(name, node, terminal_id):
    return node.ask(f"SELECT count() FROM {name}.reading WHERE terminal_id = %(it)s", it=terminal_id) != [(0,)]


def test_a_page_says_that_a_part_of_it_is_away(spread, cluster):
    site, _name, _terminals = spread
    site.upload(block(count=20))
    site.sign_in()
    for node in cluster.nodes:
        node.kill()
    try:
        answer = site.get("/api/v1/equipment/1/series?span=hour", **site.bearer("token"))
        assert answer.status_code == 503 and answer.json["reference"]
        assert site.get("/").status_code == 200, "the newest values lie in the register"
    finally:
        for node in cluster.nodes:
            node.start()
    assert site.get("/api/v1/equipment/1/series?span=hour", **site.bearer("token")).status_code == 200


@pytest.mark.parametrize(
    "url,text",
    [
        (f"clickhouse://gantry:{SECRET}@127.0.0.1/gantry?cluster=c", "holds a password.*passfile=FILE"),
        (f"clickhouse://gantry@127.0.0.1/gantry?cluster=c&password={SECRET}", "holds a password"),
        (
            "clickhouse://gantry@10.0.0.1:9000/gantry?cluster=c",
            "10.0.0.1 is reached over a network.*write clickhouses:",
        ),
        ("clickhouse://gantry@127.0.0.1/gantry", "no URL of a cluster; write clickhouses://USER@HOST:PORT"),
        ("clickhouse://gantry@127.0.0.1/gan-try?cluster=c", "no URL of a cluster"),
        ("clickhouse://gantry@127.0.0.1:x/gantry?cluster=c", "no port in '127.0.0.1:x'"),
        ("clickhouse://gantry@127.0.0.1/gantry?cluster=c&secure=1", "says secure; it may say ca, cluster, passfile"),
        ("http://127.0.0.1", "no URL of a cluster"),
    ],
)
def test_a_url_that_is_no_good_is_refused_without_showing_it(url, text):
    with pytest.raises(ActionError, match=text) as refused:
        of_url(url)
    assert SECRET not in str(refused.value)


def test_a_cluster_that_the_servers_do_not_know_is_named(store, cluster, monkeypatch):
    monkeypatch.setenv(stores.URL, cluster.url("x").replace(clickhouse.CLUSTER, "elsewhere"))
    with pytest.raises(ActionError, match="ClickHouse knows no cluster 'elsewhere'"):
        readings.migrate_store()


def test_a_plain_cluster_with_a_server_on_a_network_is_refused(store, cluster, monkeypatch):
    monkeypatch.setenv(stores.URL, cluster.url("x").replace(f"={clickhouse.CLUSTER}", f"={clickhouse.FAR}"))
    with pytest.raises(ActionError, match="a server at 192.0.2.1, which is reached over a network; write clickhouses:"):
        readings.migrate_store()


def test_a_wrong_password_is_told_without_it(store, cluster, monkeypatch, tmp_path):
    (tmp_path / "pass").write_text(SECRET)
    url = cluster.url("x").partition("&passfile")[0] + f"&passfile={tmp_path / 'pass'}"
    monkeypatch.setenv(stores.URL, url)
    with pytest.raises(Away, match="does not serve: .*[Pp]assword") as refused:
        readings.migrate_store()
    assert SECRET not in str(refused.value)
