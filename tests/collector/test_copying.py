"""Readings move from the database to a cluster while the collector goes on: all of them, once, however often cut."""

import subprocess
import sys
import threading

import pytest

from collector import db, readings
from collector.errors import Away
from collector.readings import copying, stores
from collector.readings.clickhouse import ClickHouse
from tests.collector.browser import ROOT, serving, visitor
from tests.collector.site import block, now_ms, readings_of
from tests.servers import clickhouse

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def cluster():
    with clickhouse.serving() as running:
        yield running


@pytest.fixture
def kept(site):
    """A hospital with three days of readings of two terminals: sealed, just come, measured and bad, not measured."""
    start_ms = now_ms() - 3 * DAY_MS
    for n in range(6):
        odd = {"temperature_c": [2100, None, 2102], "current_a": [n, n, n]}
        site.upload(
            block(first=1 + 1000 * n, count=100, start_ms=start_ms + n * DAY_MS // 2),
            block(first=501 + 1000 * n, count=3, start_ms=start_ms + n * DAY_MS // 2, columns=odd),
        )
    site.upload(block(count=300, terminal_id="mri-01", start_ms=start_ms), gateway="gw-2")
    with site.app.app_context():
        db.connect()
        readings.seal(now_ms())
        site.upload(block(first=9001, count=7))
        yield site


def state_of(site):
    """What the pages can ask for."""
    names = ("temperature_c", "humidity_pct", "current_a")
    hours = [
        readings.hours(terminal_id, name, 0, now_ms() + DAY_MS) for terminal_id in ("ct-01", "mri-01") for name in names
    ]
    spans = [readings_of(site, terminal_id, *names) for terminal_id in ("ct-01", "mri-01")]
    values = [[readings.values_of(one, channel).tolist() for channel in (1, 2, 3)] for one in spans]
    return hours, [one.seq.tolist() for one in spans], [one.ts_ms.tolist() for one in spans], repr(values)


def test_everything_is_there_after_a_copy_that_was_cut(kept, cluster, monkeypatch):
    before, url, keep_outside, arrived = state_of(kept), cluster.url("moved"), ClickHouse.keep_outside, []

    def cut(self, pairs):
        if arrived:
            raise Away("the network")
        arrived.append(len(pairs[0][1].columns.seq))
        keep_outside(self, pairs)

    with monkeypatch.context() as cutting:
        cutting.setattr(ClickHouse, "keep_outside", cut)
        with pytest.raises(Away):
            list(copying.copy_to(url))
    assert state_of(kept) == before, "the old place is as it was"
    lines = list(copying.copy_to(url))
    assert all(is_whole for _line, is_whole in lines), lines
    copied = [int(line.split()[1]) for line, _whole in lines if "copied" in line]
    assert sum(copied) == 625 + 300 - arrived[0], "what had arrived is not sent again"
    monkeypatch.setenv(stores.URL, url)
    assert state_of(kept) == before
    assert all(not (one.lost or one.unknown or one.doubled) for one in readings.check())


def test_sums_of_hours_without_readings_come_along(kept, cluster, monkeypatch):
    readings.seal(now_ms() + DAY_MS)
    readings.retire(now_ms() - DAY_MS)
    before, url = state_of(kept), cluster.url("sums")
    assert len(before[0][0]) > len(before[1][0]) // 100
    assert [line for line, whole in copying.copy_to(url) if whole][-1] != "sums of 0 hours of which no reading is left"
    monkeypatch.setenv(stores.URL, url)
    assert state_of(kept) == before


def test_a_damaged_block_is_named_and_the_rest_is_copied(kept, cluster):
    db.write_many("UPDATE block SET body = ? WHERE block_no = (SELECT max(block_no) FROM block)", [(b"nothing",)])
    damaged, whole = [], []
    for line, is_whole in copying.copy_to(cluster.url("damaged")):
        (whole if is_whole else damaged).append(line)
    assert len(damaged) == 1 and "its check does not match its bytes" in damaged[0]
    assert sum(line.endswith(("copied, 625 there", "copied, 300 there")) for line in whole) == 1


def test_a_collector_goes_on_meanwhile_and_a_last_copy_brings_the_rest(data_dir, built, cluster, server):
    if server is not None:
        pytest.skip("the way from SQLite; on PostgreSQL the same code runs in the tests above")
    headers, url = {"Authorization": f"Bearer {built[1]['gw-1']}"}, cluster.url("running")
    stop, sent = threading.Event(), []

    def go_on(client):
        while not stop.wait(0.2):
            body = {"sent_ms": 1, "readings": [block(first=1 + 50 * len(sent), count=50)]}
            assert client.post("/a02/v1/batches", json=body, headers=headers).json()["stored"] == 50
            sent.append(body)

    with serving(data_dir, "--plain") as (_process, address), visitor(data_dir, address) as client:
        uploads = threading.Thread(target=go_on, args=(client,))
        uploads.start()
        while len(sent) < 3:
            stop.wait(0.01)
        first = copy(data_dir, url)
        stop.set()
        uploads.join()
    last = copy(data_dir, url)
    assert first.returncode == last.returncode == 0, first.stderr + last.stderr
    assert f"{50 * len(sent)} there" in last.stdout


def copy(data_dir, url):
    """A finished `copy-readings`."""
    command = [sys.executable, "-m", "collector", "--data", str(data_dir), "copy-readings", url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
