"""What is wrong on the wire is refused by name over real TLS and harms nobody else: bodies, times, floods, disks."""

import gzip
import json
import shutil
import socket
import sqlite3
import ssl
import threading
import time
from contextlib import closing, contextmanager

import pytest

from collector import db
from collector.gateways import certificates
from collector.upload import MAX_BODY, MOST_UNDER_WAY
from tests.collector.browser import serving, visitor
from tests.collector.site import BOOT, Site, block, now_ms, readings_of, refused
from tests.needs import missing
from tests.soak.ledger_site import SmallDisk

pytestmark = pytest.mark.once("the wire before the door; behind it the same is asked in test_a02_refusals.py")

PATH = "/a02/v1/batches"
JSON = "Content-Type: application/json\r\n"
GZIP = JSON + "Content-Encoding: gzip\r\n"
BOMB = gzip.compress(bytes(100_000_000), 9)
HOUR_MS = 3_600_000


class Door:
    """A served collector as two gateways see it."""

    def __init__(self, folder, address, credentials, client):
        self.folder, self._credentials, self._client = folder, credentials, client
        self._host, self._port = address.removeprefix("https://").split(":")
        self._trust = ssl.create_default_context(cafile=folder / "ca/a02.crt")

    def raw(self, heads, parts):
        """(status, JSON or None) after sending a head and bytes as they are; (None, None) without an answer."""
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._credentials['gw-1']}\r\n{heads}\r\n"
        raw = socket.create_connection((self._host, int(self._port)), timeout=60)
        with self._trust.wrap_socket(raw, server_hostname=self._host) as wire:
            answer = b""
            try:
                wire.sendall(head.encode())
                for part in parts:
                    wire.sendall(part)
                if "cut: yes" in heads:
                    wire.unwrap()
                while b"\r\n\r\n" not in answer or not answer.partition(b"\r\n\r\n")[2]:
                    if not (data := wire.recv(65536)):
                        break
                    answer += data
            except OSError:  # the collector closes while we still send: what it has said before counts
                pass
        lines, _, body = answer.partition(b"\r\n\r\n")
        status = int(lines.split()[1]) if lines else None
        return status, json.loads(body) if body.startswith(b"{") else None

    def post(self, *blocks, gateway="gw-2"):
        """The answer to a batch."""
        headers = {"Authorization": f"Bearer {self._credentials[gateway]}"}
        body = {"sent_ms": now_ms(), "readings": list(blocks)}
        return self._client.post(PATH, json=body, headers=headers)

    def neighbour(self, n):
        """Another gateway's reading is stored."""
        answer = self.post(block(first=n, count=1, terminal_id="mri-01"))
        assert (answer.status_code, answer.json()["stored"]) == (200, 1), answer.text


@pytest.fixture
def door(built, data_dir):
    """A Door."""
    with opened(data_dir, built[1]) as one:
        yield one


@contextmanager
def opened(folder, credentials):
    certificates.issue_server(folder, ["127.0.0.1"], 5, now_ms())
    with serving(folder) as (_process, address), visitor(folder, address) as client:
        client.timeout = 60
        yield Door(folder, address, credentials, client)


def length(body):
    return f"Content-Length: {len(body)}\r\n"


def chunks(size):
    return (b"%x\r\n%s\r\n" % (65536, b" " * 65536) for _ in range(size // 65536))


WRONG = (  # name, head, parts, status, code
    ("cut", JSON + "cut: yes\r\nContent-Length: 1000\r\n", (b'{"sent_ms": 1',), None, None),
    ("says it is huge", JSON + "Content-Length: 5000000000\r\n", (), 413, "body_oversized"),
    ("is huge", JSON + f"Content-Length: {MAX_BODY + 9}\r\n", (b" " * (MAX_BODY + 9),), 413, "body_oversized"),
    ("never ends", JSON + "Transfer-Encoding: chunked\r\n", chunks(2 * MAX_BODY), 413, "body_oversized"),
    ("is a bomb", GZIP + length(BOMB), (BOMB,), 413, "body_oversized"),
    ("says it is gzipped", GZIP + "Content-Length: 2\r\n", (b"{}",), 400, "body_truncated"),
    ("says nothing of itself", "Content-Length: 2\r\n", (b"{}",), 415, "body_encoding"),
    ("is no text", JSON + "Content-Length: 2\r\n", (b"\xff\xfe",), 400, "body_invalid"),
    ("is nested deep", JSON + "Content-Length: 100000\r\n", (b"[" * 100_000,), 400, "body_invalid"),
    ("has no length that is one", JSON + "Content-Length: -5\r\n", (b"{}",), 400, None),
)


def test_a_wrong_body_is_refused_by_name_and_the_next_gateway_is_served(built, door):
    for n, (name, head, parts, status, code) in enumerate(WRONG, 1):
        got, said = door.raw(head, parts)
        assert (got, said and said["code"]) == (status, code), name
        assert said is None or len(said["error"]) > 20, name
        door.neighbour(n)
    here = Site(door.folder, built[1])
    assert len(readings_of(here, "mri-01").seq) == len(WRONG) and len(readings_of(here, "ct-01").seq) == 0
    counted = dict(here.rows("SELECT code, sum(count) FROM refusal GROUP BY code"))
    codes = [code for *_rest, code in WRONG if code]
    assert counted == {code: codes.count(code) for code in codes}
    here.close()


def test_ten_years_old_and_future_readings_go_to_quarantine_and_the_others_are_stored(door):
    times = {"reading_ancient": now_ms() - 10 * 365 * 24 * HOUR_MS, "reading_future": now_ms() + 2 * HOUR_MS}
    wrong = [block(first=n, count=1, start_ms=ms) for n, ms in enumerate(times.values(), 100)]
    for stored in (3, 0):
        answer = door.post(*wrong, block(count=3), gateway="gw-1").json()
        assert (answer["stored"], answer["duplicate"], refused(answer)) == (stored, 3 - stored, list(times))
    door.neighbour(1)


def test_one_that_floods_is_told_to_wait_and_the_others_are_served(built, door):
    ends_s, told, stored = time.monotonic() + 4, [], []

    def flood(thread):
        n = 0
        with visitor(door.folder, f"https://{door._host}:{door._port}", headers={}) as client:
            headers = {"Authorization": f"Bearer {built[1]['gw-1']}"}
            while time.monotonic() < ends_s:
                some = block(first=1 + 1_000_000 * thread + 500 * n, count=500)
                answer = client.post(PATH, json={"sent_ms": 1, "readings": [some]}, headers=headers)
                told.append(answer.status_code)
                if answer.status_code == 200:
                    stored.append(answer.json()["stored"])
                    n += 1
                else:
                    assert answer.json()["code"] == "too_many" and answer.headers["Retry-After"] == "1"

    threads = [threading.Thread(target=flood, args=(thread,)) for thread in range(4 * MOST_UNDER_WAY)]
    for thread in threads:
        thread.start()
    n, waits = 0, []
    while time.monotonic() < ends_s:
        n, began_s = n + 1, time.monotonic()
        door.neighbour(n)
        waits.append(time.monotonic() - began_s)
    for thread in threads:
        thread.join(60)
    assert set(told) == {200, 429} and n >= 2 and max(waits) < 10
    here = Site(door.folder, built[1])
    assert len(readings_of(here, "ct-01").seq) == sum(stored) and len(readings_of(here, "mri-01").seq) == n
    here.close()


def unavailable(answer, word):
    said = answer.json()
    assert (answer.status_code, said["code"]) == (503, "store_unavailable") and int(answer.headers["Retry-After"]) > 0
    assert word in said["error"] and "send it again" in said["error"], said


def test_a_locked_database_is_told_and_nothing_is_lost_or_doubled(door, server):
    if server is not None:
        pytest.skip("another program locks a file, not a server")
    with closing(sqlite3.connect(door.folder / db.FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        unavailable(door.post(block(count=3), gateway="gw-1"), "locked")
        other.execute("ROLLBACK")
    assert [door.post(block(count=3), gateway="gw-1").json()[name] for name in ("stored", "refused")] == [3, []]
    assert door.post(block(count=3), gateway="gw-1").json()["duplicate"] == 3


def test_a_full_disk_is_told_and_nothing_is_lost_or_doubled(built, tmp_path, data_dir, server):
    if server is not None:
        pytest.skip("a server's disk is the server's")
    with SmallDisk(tmp_path / "disk") as disk:
        if not disk.mounted:
            missing("mounting a small disk is not allowed here; run as root")
        folder = disk.folder / "data"
        data_dir.rename(tmp_path / "moved")
        shutil.copytree(tmp_path / "moved", folder)
        with opened(folder, built[1]) as door:
            door.neighbour(1)
            disk.fill()
            for first in range(1, 100_000, 500):
                answer = door.post(block(first, 500), gateway="gw-1")
                if answer.status_code != 200:
                    break
            unavailable(answer, "full")
            disk.free()
            assert door.post(block(first=first, count=500), gateway="gw-1").json()["stored"] == 500
            assert door.post(block(first=first, count=500), gateway="gw-1").json()["duplicate"] == 500
            door.neighbour(2)
            here = Site(folder, built[1])
            assert readings_of(here, "ct-01").seq.tolist() == [BOOT + n for n in range(1, first + 500)]
            here.close()
