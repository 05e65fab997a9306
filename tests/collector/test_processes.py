"""Several collectors behind one address on PostgreSQL; with SQLite one process serves and says so."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psutil
import pytest

from collector import db, readings
from collector.db.postgresql import of_url
from collector.gateways import certificates
from tests.collector.browser import serving, visitor
from tests.collector.site import BOOT, Site, block, now_ms, readings_of
from tests.ports import free_port

BATCHES, SENDERS = 30, 4


@pytest.fixture
def served(data_dir):
    """The folder of a hospital with a certificate for this machine."""
    certificates.issue_server(data_dir, ["127.0.0.1", "localhost"], 5, now_ms())
    return data_dir


@pytest.fixture
def shared(server):
    if server is None:
        pytest.skip("runs with --database postgresql")


@contextmanager
def two(served):
    """(processes, address) of two collectors at one address."""
    port = str(free_port())
    with serving(served, "--port", port) as (one, address), serving(served, "--port", port) as (other, _same):
        yield (one, other), address


def send(served, address, credential, body):
    """The answer to one upload, on a connection of its own; sent again until there is one."""
    headers = {"Authorization": f"Bearer {credential}"}
    while True:
        try:
            with visitor(served, address, headers=headers) as client:
                answer = client.post("/a02/v1/batches", json=body)
        except httpx.TransportError:
            continue  # it went to a process that was killed
        if answer.status_code not in (429, 503):  # later, as a gateway does
            assert answer.status_code == 200, answer.text
            return answer.json()


def uploads():
    start_ms = now_ms() - 3_600_000
    return [
        {"sent_ms": now_ms(), "readings": [block(first=1 + 20 * n, count=20, start_ms=start_ms + n * 200_000)]}
        for n in range(BATCHES)
    ]


def all_there_once(served, credentials):
    here = Site(served, credentials)
    assert readings_of(here).seq.tolist() == [BOOT + 1 + n for n in range(20 * BATCHES)]
    with here.app.app_context():
        assert all(not (one.lost or one.unknown or one.doubled or one.damaged) for one in readings.check())
    here.close()


def test_with_sqlite_a_second_process_is_refused_in_one_line(served, server):
    if server is not None:
        pytest.skip("runs on SQLite")
    with serving(served) as (first, _address):
        with pytest.raises(
            AssertionError, match="Error: another collector serves from .*; with SQLite one process does"
        ):
            serving(served).__enter__()
        first.kill()
        first.wait(5)
    with serving(served):
        pass  # a kill holds up nobody


def test_the_same_batch_sent_to_both_at_once_is_stored_once(shared, served, built):
    credential = built[1]["gw-1"]
    with two(served) as (processes, address), ThreadPoolExecutor(2 * SENDERS) as senders:
        before = [psutil.Process(process.pid).cpu_times().user for process in processes]
        twice = [body for body in uploads() for _ in range(2)]
        told = list(senders.map(lambda body: send(served, address, credential, body), twice))
        after = [psutil.Process(process.pid).cpu_times().user for process in processes]
    assert sum(one["stored"] for one in told) == sum(one["duplicate"] for one in told) == 20 * BATCHES
    assert all(end - start >= 0.05 for start, end in zip(before, after, strict=True)), "both took a part of it"
    all_there_once(served, built[1])


def test_a_kill_of_one_in_the_middle_loses_and_doubles_nothing(shared, served, built):
    credential, answered = built[1]["gw-1"], threading.Semaphore(0)

    def sent(body):
        told = send(served, address, credential, body)
        answered.release()
        return told

    with two(served) as (processes, address), ThreadPoolExecutor(SENDERS) as senders:
        told = [senders.submit(sent, body) for body in uploads()]
        for _ in range(BATCHES // 3):
            answered.acquire()
        processes[0].kill()
        assert [one.result()["refused"] for one in told] == [[]] * BATCHES
    all_there_once(served, built[1])


def test_a_job_runs_in_one_process_at_a_time(shared, site):
    with site.app.app_context(), db.alone("seal") as mine:
        other = of_url(db.os.environ[db.URL])
        with other.alone("seal") as taken, other.alone("retire") as free:
            assert (mine, taken, free) == (True, False, True)
        other.close()
    other.connect()
    with other.alone("seal") as free:
        assert free
    other.close()


def test_a_serving_process_leaves_a_job_to_who_does_it(shared, served, built):
    with (served / "collector.toml").open("a") as settings:
        settings.write("seal_every_s = 1\n")
    here, old = Site(served, built[1]), block(count=5, start_ms=now_ms() - 3 * 86_400_000)
    here.upload(old)
    with here.app.app_context(), db.alone("seal"), serving(served):
        threading.Event().wait(3)  # three times its turn
        assert db.rows("SELECT count(*) FROM block") == [(0,)]
    with serving(served), here.app.app_context():
        while db.rows("SELECT count(*) FROM block") == [(0,)]:
            threading.Event().wait(0.1)
    here.close()
