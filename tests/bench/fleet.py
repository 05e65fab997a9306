"""What a collector has written to its disk, by the kernel's count of its process (write_bytes of /proc/PID/io).

An hour of 500 terminals in batches of 500, one reading of each, sealing included; 30 terminals at default settings.
What still waits in SQLite's log at the end is folded in and counted too. Beside it: the same batches by bare sqlite3
into a table with a column for each value, keyed by terminal and time.
"""

import asyncio
import json
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

from collector import db
from collector.readings import HOUR_MS
from firmware.protocol.measured import MEASURED
from tests.bench.row import Row
from tests.fleet.__main__ import loaded
from tests.fleet.account import Account
from tests.fleet.load import Load
from tests.fleet.plan import due_each_second, plan_of
from tests.fleet.played import Fleet, gateway_id
from tests.fleet.site import FleetSite

TERMINALS, BATCHES = 500, 360  # an hour with a reading every ten seconds
FEW, SECONDS, START_S = 30, 120, 90
BYTES_MOST, RATE_MOST = 250, 4.0  # a reading; kB a second
WAIT_S = 300  # what follows the readings keeps its mark a minute later, and an upload is kept until then
UPLOAD = "/a02/v1/batches"
BARE = "bare sqlite3, wide rows keyed by terminal and time"


def closed_hour_ms():
    """When the first windows of an hour that is over end."""
    return (round(time.time() * 1000) // HOUR_MS - 2) * HOUR_MS + 10_000


def written_in_batches(folder, terminals, batches):
    """Bytes a reading of an hour of batches, sealing included."""
    plan = plan_of(terminals, 1, seconds=1)
    fleet = Fleet(plan, closed_hour_ms())
    with FleetSite(folder, plan, "seal_every_s = 86400\n") as site:
        stored = asyncio.run(_sent(site, fleet, plan, batches))
        _wait_for(site.data, "SELECT min(through), (SELECT max(batch_no) FROM batch) FROM follower", (batches, batches))
        taken = site.used().written
        site.start_again("seal_every_s = 1\n")
        left = "SELECT (SELECT count(*) FROM block), (SELECT count(*) FROM batch)"
        _wait_for(site.data, left, (terminals, 1))  # the last upload stays
        sealing = site.used().written
    assert stored == terminals * batches, f"{stored} of {terminals * batches} readings were stored"
    return (taken + sealing + folded_in(site.data)) / stored


async def _sent(site, fleet, plan, batches):
    """How many readings the collector has stored of an hour's batches."""
    door, stored = site.gateway(0), 0
    for n in range(1, batches + 1):
        body = fleet.body(gateway_id(0), [(terminal, n) for terminal in range(plan.terminals)])
        status, said = await door.ask("POST", UPLOAD, body)
        assert status == 200, f"an upload is answered with {status}"
        stored += json.loads(said)["stored"]
    door.close()
    return stored


def _wait_for(data, asked, wanted):
    """Until the database gives this row."""
    deadline = time.monotonic() + WAIT_S
    with closing(sqlite3.connect(data / db.FILE, timeout=30)) as database:
        while (found := database.execute(asked).fetchone()) != wanted:
            assert time.monotonic() < deadline, f"{asked}: {found}, not {wanted}"
            time.sleep(0.2)


def folded_in(data):
    """Bytes that folding the rest of the log into the database writes."""
    before = psutil.Process().io_counters().write_bytes
    with closing(sqlite3.connect(data / db.FILE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return psutil.Process().io_counters().write_bytes - before


def written_bare(folder, terminals, batches):
    """Bytes a reading of the same batches by sqlite3 alone."""
    plan, before = plan_of(terminals, 1, seconds=1), psutil.Process().io_counters().write_bytes
    fleet, names = Fleet(plan, closed_hour_ms()), [channel.name for channel in MEASURED]
    with closing(sqlite3.connect(folder / "bare.db")) as database:
        database.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = full;")
        columns = ", ".join(f"{name} REAL" for name in names)
        key = "PRIMARY KEY (terminal_id, ts_ms)"
        database.execute(
            f"CREATE TABLE reading (terminal_id TEXT, ts_ms INTEGER, seq INTEGER, {columns}, {key}) WITHOUT ROWID"
        )
        marks = ", ".join("?" * (3 + len(names)))
        for n in range(1, batches + 1):
            some = [fleet.reading(terminal, n) for terminal in range(terminals)]
            rows = [(one.terminal_id, one.ts_ms, one.seq, *map(one.values.get, names)) for one in some]
            with database:
                database.executemany(f"INSERT INTO reading VALUES ({marks})", rows)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (psutil.Process().io_counters().write_bytes - before) / (terminals * batches)


def written_by_few(folder, terminals, seconds, start_s):
    """(kB a second, kB of its start) of a collector that serves so many terminals at default settings, nobody looking.

    The start, with the first readings of every terminal, comes once; what it left in the log is folded in before the
    seconds begin, and what they leave is counted as folded in at their end.
    """
    plan, looks = plan_of(terminals, 1, seconds=start_s + seconds, pages_per_s=0), []
    with FleetSite(folder, plan) as site:

        def look(_account, now_s):
            if now_s >= start_s and not looks:
                looks.append((site.used().written, folded_in(site.data)))

        account, fleet = Account(due_each_second(plan)), Fleet(plan, round(time.time() * 1000))
        asyncio.run(loaded(Load(plan, site, fleet, account, look)))
        ((before, folded),) = looks
        went_on = site.used().written - before
    assert account.waiting == 0, f"{account.waiting} readings wait"
    return (went_on + folded_in(folder / "collector")) / seconds / 1000, (before + folded) / 1000


def rows(terminals=TERMINALS, batches=BATCHES, few=FEW, seconds=SECONDS, start_s=START_S):
    """Bytes written for each reading of a busy collector, and each second of a small one."""
    with tempfile.TemporaryDirectory() as many, tempfile.TemporaryDirectory() as small:
        bare = written_bare(Path(many), terminals, batches)
        each = written_in_batches(Path(many), terminals, batches)
        kb, start_kb = written_by_few(Path(small), few, seconds, start_s)
    name = f"collector, written, batches of {terminals}"
    yield Row(name, each, "B/reading", f"{bare:,.0f}, {BARE}", each / bare, f"<= {BYTES_MOST} B", each <= BYTES_MOST)
    name, peer, part = f"collector, written, {few} terminals", f"limit {RATE_MOST} kB/s", kb / RATE_MOST
    yield Row(name, kb, "kB/s", peer, part, "<= 1", part <= 1)
    name = f"collector, written, start and first readings of {few} terminals"
    yield Row(name, start_kb, "kB", "no limit; it comes once", 0.0, "-", True)
