"""What readings of closed hours take on the disk and on the wire, beside their entropy and what others take."""

import gzip
import json
import time
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from collector import db, readings
from firmware.gateway import compact
from firmware.protocol.channels import BY_NAME
from tests.bench import store_kept, store_peers, store_site
from tests.bench.row import Row
from tests.bench.store_data import CHANNELS, entropy_of, full, trace

DISK_MOST, WIRE_MOST = 1.9, 0.75
SETTLE_S = 60


def disk(folder, terminals=10, days=30):
    """Bytes a reading in our store beside the entropy, VictoriaMetrics and a wide table; four values, and all eight."""
    folder = Path(folder)
    found = store_kept.traces(range(terminals), days)
    count = sum(len(one.seq) for one in found.values())
    for words, which in (("four values", store_kept.steps_of), ("full reading", lambda one: full(one, 1))):
        steps = {number: which(one) for number, one in found.items()}
        store_kept.opened(folder / words)
        began_s = time.perf_counter()
        for number, one in found.items():
            store_kept.keep(number, one, steps[number])
        took_s = time.perf_counter() - began_s
        wrong = sum(not _is_kept(number, one, steps[number]) for number, one in found.items())
        ours = store_kept.in_use(folder / words) / count
        db.database.close()
        columns = [[one.ts_ms for one in found.values()]]
        columns += [[some[name] for some in steps.values()] for name in steps[0]]
        limit = entropy_of(columns) / 8
        part, peer = ours / limit, f"order-0 entropy of its differences: {limit:.3g} B"
        yield Row(f"store, disk, {words}", ours, "B/reading", peer, part, "<= 1.9", part <= DISK_MOST)
        said = f"of {count:,}: numbers, instants and values bit for bit"
        yield Row(f"store, disk, {words}, terminals not as sent", wrong, "terminals", said, 0.0, "0", not wrong)
        yield Row(f"store, taken and sealed, {words}", count / took_s, "readings/s", "without the door", 0.0, "-", True)
        if which is store_kept.steps_of:
            yield from _beside(folder, found, ours, count)


def _is_kept(number, found, steps):
    kept = readings.span(store_site.terminal_id(number), list(steps), 0, 2**50)
    same = [(kept.steps[BY_NAME[name].id] == values).all() for name, values in steps.items()]
    return all(same) and (kept.seq == found.seq).all() and (kept.ts_ms == found.ts_ms).all() and not kept.states


def _beside(folder, found, ours, count):
    with closing(store_peers.wide(folder / "wide.db")) as wide:
        wide.execute("BEGIN")
        for number, one in found.items():
            wide.executemany(store_peers.PUT_WIDE, store_peers.wide_rows(number, one))
        wide.execute("COMMIT")
        wide.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    taken = (folder / "wide.db").stat().st_size / count
    yield Row("store, disk, x wide table", ours, "B/reading", f"wide REAL rows: {taken:.3g} B", ours / taken, "-", True)
    if store_peers.is_here("victoria-metrics"):
        taken = _in_victoria(folder / "victoria", found) / count
        peer = f"VictoriaMetrics: {taken:.3g} B"
        yield Row("store, disk, x VictoriaMetrics", ours, "B/reading", peer, ours / taken, "-", True)


def _in_victoria(folder, found):
    with store_peers.victoria(folder) as server, server.turn():
        for number, one in found.items():
            for at in range(0, len(one.seq), 8640):
                server.ask("POST", "/write?precision=ms", store_peers.lines(number, one, slice(at, at + 8640)).encode())
        server.ask("GET", "/internal/force_flush")
        server.ask("GET", "/internal/force_merge")
        sizes, deadline = [], time.monotonic() + SETTLE_S
        while len(set(sizes[-4:])) > 1 or len(sizes) < 4:
            assert time.monotonic() < deadline, f"VictoriaMetrics still merges: {sizes[-4:]}"
            time.sleep(1)
            sizes.append(_bytes_of(folder / "data"))
    return sizes[-1]


def _bytes_of(folder):
    """Bytes of all files below a folder; one that is merged away meanwhile counts no more."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def wire(terminals=50, ticks=10, batches=20):
    """Bytes a reading of a gateway's batches, beside gzipped line protocol of the same readings."""
    found = {number: trace(ticks * batches, number) for number in range(terminals)}
    count = terminals * ticks * batches
    slices = [slice(at * ticks, at * ticks + ticks) for at in range(batches)]
    lines = ("".join(store_peers.lines(n, one, rows) for n, one in found.items()) for rows in slices)
    peer = sum(len(gzip.compress(text.encode(), 6)) for text in lines) / count
    bodies = [store_site.body_of(found, rows) for rows in slices]
    ours = sum(len(gzip.compress(compact.packed(body), 6)) for body in bodies) / count
    said = f"gzipped line protocol: {peer:.3g} B"
    yield Row("store, wire", ours, "B/reading", said, ours / peer, "<= 0.75", ours / peer <= WIRE_MOST)
    texts = (json.dumps(body, separators=(",", ":")).encode() for body in bodies)
    ours = sum(len(gzip.compress(text, 6)) for text in texts) / count
    yield Row("store, wire, JSON", ours, "B/reading", said, ours / peer, "-", True)
    bodies = [_full_body(found, rows) for rows in slices]
    ours = sum(len(gzip.compress(compact.packed(body), 6)) for body in bodies) / count
    yield Row("store, wire, full reading", ours, "B/reading", "eight values", 0.0, "-", True)


def _full_body(found, rows):
    body = store_site.body_of(found, rows)
    for block, (number, one) in zip(body["readings"], found.items(), strict=True):
        steps = full(one, number)
        block["columns"] = {name: np.asarray(values)[rows].tolist() for name, values in steps.items()}
    assert len(steps) == len(CHANNELS) + 4
    return body


def rows(folder, terminals=10, days=30):
    """Wire and disk."""
    yield from wire()
    yield from disk(folder, terminals, days)
