"""What a user would otherwise keep readings in: InfluxDB, VictoriaMetrics, a bare SQLite table, Flask with peewee.

A server that is not measured is stopped, so that what it puts off happens in its own turn.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.bench.store_data import CHANNELS, SCALES
from tests.servers import ports

TOP = Path(__file__).parents[2]
START_S = 60
PACKAGES = {"influxd": "influxdb", "victoria-metrics": "victoria-metrics"}
INFLUX = """reporting-disabled = true
bind-address = "127.0.0.1:{1}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{0}"
log-enabled = false
max-row-limit = 0
[continuous_queries]
enabled = false
[logging]
level = "error"
"""
WIDE = """CREATE TABLE wide (terminal INTEGER NOT NULL, ts INTEGER NOT NULL, seq INTEGER NOT NULL, current REAL,
    voltage REAL, temperature REAL, humidity REAL, PRIMARY KEY (terminal, ts)) WITHOUT ROWID"""
PUT_WIDE = "INSERT INTO wide VALUES (?, ?, ?, ?, ?, ?, ?)"


def is_here(program):
    """Whether a peer is installed. What is not is named, and is an error where everything is required."""
    if shutil.which(program):
        return True
    said = f"bench: {program} is not installed (package {PACKAGES[program]}); its rows are left out"
    if os.environ.get("GANTRY_REQUIRE_ALL") == "1":
        sys.exit(said)
    print(said, file=sys.stderr)
    return False


class Served:
    """A process on a port of loopback. It runs inside `with served.turn():` only."""

    def __init__(self, process, port):
        self.process, self.port = process, port
        self._local, self.cpu_s = threading.local(), 0.0

    def ask(self, method, path, body=None, headers=None):
        """The bytes of an answer of 2xx, on a connection of this thread's that is kept."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status < 300, f"{path}: {answer.status} {said[:300]}"
        return said

    @contextmanager
    def turn(self):
        """Let it run; afterwards `cpu_s` is what it used of the processor meanwhile."""
        self.process.send_signal(signal.SIGCONT)
        self._local = threading.local()  # a connection that nobody served for so long may be given up
        before = self._cpu_s()
        try:
            yield self
        finally:
            self.cpu_s = self._cpu_s() - before
            self.process.send_signal(signal.SIGSTOP)

    def _cpu_s(self):
        return time.clock_gettime(~self.process.pid << 3 | 2)  # its own clock, see clock_getcpuclockid(3): to the ns


@contextmanager
def serving(command, port, path, folder, **more):
    """A Served that answers `path`, stopped until its first turn."""
    with (Path(folder) / "said").open("ab") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=TOP, **more)
    try:
        here, deadline = Served(process, port), time.monotonic() + START_S
        while True:
            try:
                here.ask("GET", path)
                break
            except OSError:
                here = Served(process, port)
                is_alive = process.poll() is None and time.monotonic() < deadline
                assert is_alive, (Path(folder) / "said").read_text()[-2000:]
                time.sleep(0.05)
        process.send_signal(signal.SIGSTOP)
        yield here
    finally:
        process.kill()
        process.wait()


@contextmanager
def influx(folder):
    """An InfluxDB 1.6 with the database `b`."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    here = ports.free(2)
    (folder / "conf").write_text(INFLUX.format(*here, folder=folder))
    command = ["influxd", "-config", str(folder / "conf")]
    with serving(command, here[0], "/ping", folder) as server:
        with server.turn():
            server.ask("POST", "/query?" + urllib.parse.urlencode({"q": "CREATE DATABASE b"}))
        yield server


@contextmanager
def victoria(folder):
    """A VictoriaMetrics that keeps ten years and caches no answers."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    (port,) = ports.free()
    command = ["victoria-metrics", f"-storageDataPath={folder / 'data'}", f"-httpListenAddr=127.0.0.1:{port}"]
    command += ["-retentionPeriod=10y", "-search.disableCache", "-search.maxStalenessInterval=1h"]
    command += ["-search.latencyOffset=0s", "-search.maxPointsPerTimeseries=100000"]
    command += ["-http.connTimeout=1h", "-http.idleConnTimeout=1h"]
    with serving(command, port, "/health", folder) as server:
        yield server


@contextmanager
def flask(folder):
    """tests/bench/store_flask.py, what one writes first: Flask, json, peewee's insert_many."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    (port,) = ports.free()
    command = [sys.executable, "-m", "tests.bench.store_flask", str(folder / "db"), str(port)]
    with serving(command, port, "/", folder) as server:
        yield server


def wide(path):
    """A bare SQLite file with a wide table keyed by terminal and time, WAL, synchronous = NORMAL."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = wal")
    database.execute("PRAGMA synchronous = normal")
    database.execute(WIDE)
    return database


def wide_rows(terminal, trace, rows=slice(None)):
    """Tuples for PUT_WIDE."""
    values = [(steps[rows] / scale).tolist() for steps, scale in zip(trace.steps, SCALES, strict=True)]
    heads = (trace.ts_ms[rows].tolist(), trace.seq[rows].tolist())
    return [(terminal, *row) for row in zip(*heads, *values, strict=True)]


def lines(terminal, trace, rows=slice(None)):
    """Readings in InfluxDB's line protocol, time in ms."""
    values = [(steps[rows] / scale).tolist() for steps, scale in zip(trace.steps, SCALES, strict=True)]
    heads = (trace.ts_ms[rows].tolist(), trace.seq[rows].tolist())
    return "".join(
        f"r,terminal={terminal} seq={seq}i,"
        + ",".join(f"{name}={value!r}" for name, value in zip(CHANNELS, some, strict=True))
        + f" {ts_ms}\n"
        for ts_ms, seq, *some in zip(*heads, *values, strict=True)
    )


def asked(server, path, **words):
    """The JSON of a question."""
    return json.loads(server.ask("GET", f"{path}?{urllib.parse.urlencode(words, doseq=True)}"))
