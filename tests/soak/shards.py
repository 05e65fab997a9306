"""Twenty million readings on two ClickHouse shards, one of which is killed in the middle of an insert again and again.

Whoever gets no answer sends the same again, as a gateway does. At the end each reading is there exactly once: in the
ledger, on the shards, and in the sums of every hour.
"""

import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from collector import config, db, readings
from collector.errors import Away
from collector.readings.incoming import HOUR_MS
from firmware.protocol.channels import BY_NAME
from tests.servers import clickhouse

TERMINALS, READINGS, TOGETHER, ROWS = 200, 20_000_000, 20, 500  # an upload: so many terminals with so many readings
KILLS, AWAY_S, EVERY_MS = 5, 2, 10_000
START_MS = 1_760_400_000_000 // HOUR_MS * HOUR_MS
CHANNELS = {1: "temperature_c", 2: "humidity_pct", 3: "current_a", 7: "charge_as"}
NAME = "soak"


def run(seconds, count=READINGS, terminals=TERMINALS, kills=KILLS):
    """({name: figure}, [fault in words]); `seconds`: the most it may take."""
    began = time.monotonic()
    names = [f"terminal-{n:04}" for n in range(terminals)]
    each = count // terminals // ROWS * ROWS
    with clickhouse.serving() as cluster, tempfile.TemporaryDirectory() as folder:
        (Path(folder) / config.FILE).write_text(f"clickhouse = '{cluster.url(NAME)}'\n")
        db.open_database(folder, make=True)
        db.migrate()
        readings.migrate_store()
        seen = _sent(cluster, names, each, kills, began + seconds)
        seen |= {"seconds to store": round(time.monotonic() - began)}
        seen |= {"readings summed": readings.seal(START_MS + each * EVERY_MS + 2 * HOUR_MS)}
        seen |= _found(cluster, names, each)
        db.database.close()
    seen |= {"seconds": round(time.monotonic() - began)}
    return seen, faults_of(seen, terminals * each, terminals, kills, seconds)


def values_of(terminal, seq):
    """{channel id: steps} of numbers of a terminal: whatever they are, they can be computed again."""
    return {channel_id: (seq * (7 + channel_id) + terminal * 31) % 5000 for channel_id in CHANNELS}


def _sent(cluster, names, each, kills, deadline):
    """Store everything; what is refused is sent again at once."""
    groups = [range(at, min(at + TOGETHER, len(names))) for at in range(0, len(names), TOGETHER)]
    uploads = [(group, first) for first in range(1, each + 1, ROWS) for group in groups]
    deaths = {len(uploads) * (n + 1) // (kills + 1) for n in range(kills)}
    refused = stored = killed = 0
    for at, (group, first) in enumerate(uploads):
        arrival = _arrival(names, group, first)
        killer = threading.Thread(target=_killed, args=(cluster, at)) if at in deaths else None
        if killer:
            killer.start()
            killed += 1
        while True:
            try:
                readings.ahead([arrival])
                with db.write():
                    stored += readings.take([arrival]).stored
            except Away:
                if time.monotonic() > deadline:
                    raise
                refused += 1
                time.sleep(0.05)
                continue
            if killer is None or not killer.is_alive():
                break  # around a kill the same upload comes until the node is back
    return {"readings stored": stored, "kills": killed, "uploads refused": refused}


def _killed(cluster, at):
    node = cluster.nodes[at % len(cluster.nodes)]
    time.sleep(at % 7 / 100)  # somewhere inside an insert
    node.kill()
    time.sleep(AWAY_S)
    node.start()


def _arrival(names, group, first):
    rows = np.arange(first, first + ROWS)
    seq = np.tile(rows, len(group))
    parts = [values_of(terminal, rows) for terminal in group]
    steps = {channel_id: np.concatenate([part[channel_id] for part in parts]) for channel_id in CHANNELS}
    zeros = np.zeros(len(seq), np.int64)
    columns = readings.Columns(seq, START_MS + seq * EVERY_MS, zeros, zeros + 1, zeros, steps, {})
    return readings.Arrival([names[terminal] for terminal in group], np.arange(len(group)) * ROWS, columns)


def _found(cluster, names, each):
    """What is there, by three ways: ledger, rows, sums."""
    whole = sum(readings.intervals_of(name, readings.STORED) == [(1, each)] for name in names)
    shares, once, doubles = [], 0, 0
    for node in cluster.nodes:
        sql = (
            f"SELECT terminal_id, uniqExact(seq), min(seq), max(seq), count() FROM {NAME}.reading GROUP BY terminal_id"
        )
        rows = node.ask(sql)
        shares.append(100 * len(rows) // len(names))
        once += sum(unique for _name, unique, low, high, _count in rows if (low, high) == (1, each))
        doubles += sum(count - unique for _name, unique, _low, _high, count in rows)
    end_ms = START_MS + (each + 1) * EVERY_MS
    right = sum(_sums_right(terminal, name, each, end_ms) for terminal, name in enumerate(names))
    return {
        "ledgers whole": whole,
        "readings found once": once,
        "rows not merged yet": doubles,
        "least share of terminals, %": min(shares),
        "most share of terminals, %": max(shares),
        "sums right": right,
    }


def _sums_right(terminal, name, each, end_ms):
    seq = np.arange(1, each + 1)
    hours = (seq * EVERY_MS) // HOUR_MS
    for channel_id, steps in values_of(terminal, seq).items():
        found = readings.hours(name, CHANNELS[channel_id], START_MS, end_ms)
        wanted, scale = np.bincount(hours, steps), BY_NAME[CHANNELS[channel_id]].scale
        totals = [round(one.total * scale) for one in found]
        if [one.n for one in found] != np.bincount(hours).tolist() or totals != wanted.astype(int).tolist():
            return False
    return True


def faults_of(seen, count, terminals, kills, seconds):
    """What is wrong with a run, in words."""
    exact = {
        "readings stored": count,
        "readings summed": count,
        "readings found once": count,
        "ledgers whole": terminals,
        "sums right": terminals,
        "kills": kills,
    }
    faults = [f"{name}: {seen[name]:,} instead of {want:,}" for name, want in exact.items() if seen[name] != want]
    if not (seen["least share of terminals, %"] >= 40 and seen["most share of terminals, %"] <= 60):
        faults.append("a node holds less than 40 or more than 60 % of the terminals")
    if kills and not seen["uploads refused"]:
        faults.append("no kill met an insert: nothing was shown")
    return faults + ([f"it took {seen['seconds']:,} s, at most {seconds:,.0f}"] if seen["seconds"] > seconds else [])
