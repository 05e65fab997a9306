"""Ingest through the A02 door beside what one would otherwise put readings into; every contender in every round.

A batch holds 500 readings of four values: ten of each of fifty terminals, or one of each of 500. Ours is authenticated,
unpacked, validated, stored once by (terminal, number), with the latest values, synchronous = FULL, before its 200; sums
of an hour that is not sealed are made when asked, from what is stored. All speak HTTP over loopback without TLS.
"""

import gzip
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from firmware.gateway import compact
from tests.bench import store_peers, store_site
from tests.bench.row import Row, seconds
from tests.bench.store_data import EVERY_MS, trace

TERMINALS, TICKS, CONNECTIONS, CROWD = 50, 10, 4, 500
ROWS = TERMINALS * TICKS
JSON = "application/json"
EMONCMS_PART = 1_500 / 184_000  # of bare sqlite3, emoncms 11 bulk, on another machine; it is not in Debian


class Work:
    """Batches for every contender, each once: of four gateways with fifty terminals, and of one with 500."""

    def __init__(self, rounds, batches):
        now_ms, first = int(time.time() * 1000), 0
        self.shapes = [(TERMINALS, TICKS)] * CONNECTIONS + [(CROWD, 1)]
        self.traces, self.batches, self._at = [], batches, [0] * len(self.shapes)
        for terminals, ticks in self.shapes:
            count = rounds * 3 * batches * ticks
            numbers = range(first, first + terminals)
            self.traces.append({number: trace(count, number, now_ms - count * EVERY_MS) for number in numbers})
            first += terminals

    def next(self, gateway=0):
        """(traces of a gateway, [slice of a batch's rows]) of what nobody has had yet."""
        at, (_terminals, ticks) = self._at[gateway], self.shapes[gateway]
        self._at[gateway] += self.batches
        return self.traces[gateway], [slice(n * ticks, n * ticks + ticks) for n in range(at, at + self.batches)]


def lines_of(traces, rows):
    """A batch in line protocol, gzipped."""
    return gzip.compress("".join(store_peers.lines(n, one, rows) for n, one in traces.items()).encode(), 6)


def wide_of(traces, rows):
    """A batch as tuples."""
    return [row for n, one in traces.items() for row in store_peers.wide_rows(n, one, rows)]


def compact_of(traces, rows):
    """A batch as a gateway sends it."""
    return gzip.compress(compact.packed(store_site.body_of(traces, rows)), 6)


def json_of(traces, rows):
    """The same in JSON."""
    return gzip.compress(json.dumps(store_site.body_of(traces, rows), separators=(",", ":")).encode(), 6)


def put_wide(database, batches):
    """Bare sqlite3: a transaction a batch."""
    for rows in batches:
        database.execute("BEGIN")
        database.executemany(store_peers.PUT_WIDE, rows)
        database.execute("COMMIT")


def post(server, path, headers, bodies):
    """Bodies on one connection."""
    for body in bodies:
        server.ask("POST", path, body, headers)


def post_from_four(server, path, headers, bodies):
    """The same on a connection for each gateway."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda pair: post(server, path, *pair), zip(headers, bodies, strict=True)))


class Measured:
    """Rows a second and microseconds of the server's processor a row, of each contender in each round."""

    def __init__(self):
        self.per_s, self.cpu_us = {}, {}

    def take(self, name, rows, action, server=None):
        """Measure a contender's turn."""
        if server is None:
            took_s = seconds(action)
        else:
            with server.turn():
                took_s = seconds(action)
            self.cpu_us.setdefault(name, []).append(server.cpu_s / rows * 1e6)
        self.per_s.setdefault(name, []).append(rows / took_s)

    def beside(self, name, peer):
        """The median of the rounds' ratios of one contender's rate to another's."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.per_s[name], self.per_s[peer], strict=True))


def measured(folder, rounds, batches):
    """(Measured of all contenders that are here, readings that were sent to ours)."""
    folder, work, found, sent = Path(folder), Work(rounds, batches), Measured(), 0
    credentials = store_site.furnished(folder / "ours", [terminals for terminals, _ticks in work.shapes])
    with ExitStack() as stack:
        base = store_peers.wide(folder / "wide.db")
        stack.callback(base.close)
        ours = stack.enter_context(store_site.collector(folder / "ours"))
        plain = stack.enter_context(store_peers.flask(folder / "flask"))
        influx = stack.enter_context(store_peers.influx(folder / "influx")) if store_peers.is_here("influxd") else None
        for _ in range(rounds):
            traces, rows = work.next()
            count = len(rows) * ROWS
            batch_rows = [wide_of(traces, one) for one in rows]
            found.take("base", count, lambda some=batch_rows: put_wide(base, some))
            bodies, head = [compact_of(traces, one) for one in rows], store_site.headers(credentials[0])
            found.take("ours", count, lambda some=bodies, h=head: post(ours, store_site.PATH, h, some), ours)
            few = [gzip.compress(json.dumps(one).encode(), 6) for one in batch_rows[: len(rows) // 5 or 1]]
            found.take("flask", len(few) * ROWS, lambda some=few: post(plain, "/", {}, some), plain)
            if influx:
                bodies = [lines_of(traces, one) for one in rows]
                found.take("influx", count, lambda some=bodies: post(influx, WRITE, GZIP, some), influx)
            traces, rows = work.next()
            bodies, head = [json_of(traces, one) for one in rows], store_site.headers(credentials[0], JSON)
            found.take("ours in JSON", count, lambda some=bodies, h=head: post(ours, store_site.PATH, h, some), ours)
            sent += 2 * count + _four(found, work, credentials, ours, influx)
            sent += _crowd(found, work, credentials[-1], base, ours, influx)
    return found, sent


def _four(found, work, credentials, ours, influx):
    """Four gateways at once; how many readings."""
    shares = [work.next(gateway) for gateway in range(CONNECTIONS)]
    count = sum(len(rows) for _traces, rows in shares) * ROWS
    bodies = [[compact_of(traces, one) for one in rows] for traces, rows in shares]
    heads = [store_site.headers(credential) for credential in credentials[:CONNECTIONS]]
    found.take("ours, 4", count, lambda: post_from_four(ours, store_site.PATH, heads, bodies), ours)
    if influx:
        bodies = [[lines_of(traces, one) for one in rows] for traces, rows in shares]
        found.take("influx, 4", count, lambda: post_from_four(influx, WRITE, [GZIP] * CONNECTIONS, bodies), influx)
    return count


def _crowd(found, work, credential, base, ours, influx):
    """Ten times as many terminals, each with a tenth of the readings of a batch; how many readings."""
    traces, rows = work.next(CONNECTIONS)
    count, head = len(rows) * ROWS, store_site.headers(credential)
    batch_rows, bodies = ([write(traces, one) for one in rows] for write in (wide_of, compact_of))
    found.take("base, 500 terminals", count, lambda: put_wide(base, batch_rows))
    found.take("ours, 500 terminals", count, lambda: post(ours, store_site.PATH, head, bodies), ours)
    if influx:
        texts = [lines_of(traces, one) for one in rows]
        found.take("influx, 500 terminals", count, lambda: post(influx, WRITE, GZIP, texts), influx)
    return count


WRITE, GZIP = "/write?db=b&precision=ms", {"Content-Encoding": "gzip"}
BESIDE = (
    ("ours", "base", "bare sqlite3 executemany, pk(terminal,ts), WAL NORMAL", 0.8),
    ("ours", "influx", "InfluxDB 1.6, line protocol, gzip", 0.9),
    ("ours", "flask", "Flask + peewee insert_many", 4),
    ("ours, 4", "influx, 4", "InfluxDB 1.6 with four", 0.65),
    ("ours, 500 terminals", "base, 500 terminals", "bare sqlite3 executemany", None),
    ("ours, 500 terminals", "influx, 500 terminals", "InfluxDB 1.6, line protocol, gzip", None),
    ("ours in JSON", "base", "bare sqlite3 executemany, pk(terminal,ts), WAL NORMAL", None),
)
NAMES = {"ours": "1 connection", "ours, 4": "4 connections", "ours in JSON": "1 connection, JSON"}
NAMES["ours, 500 terminals"] = "batches of 500 terminals"


def rows(folder, rounds=5, batches=100):
    """Every ingest figure of issue 05 beside its peer."""
    found, sent = measured(folder, rounds, batches)
    kept, whole = store_site.stored_numbers(Path(folder) / "ours")
    for name, peer, words, least in BESIDE:
        if peer in found.per_s:
            ratio, value = found.beside(name, peer), statistics.median(found.per_s[name])
            goal = "-" if least is None else f">= {least}"
            peer_per_s = statistics.median(found.per_s[peer])
            words = f"{words}: {peer_per_s:,.0f}"
            yield Row(
                f"store, ingest, {NAMES[name]}, x {peer.partition(',')[0]}",
                value,
                "readings/s",
                words,
                ratio,
                goal,
                ratio >= (least or 0),
            )
    ratio = found.beside("ours", "base") / EMONCMS_PART
    words = "emoncms bulk, not in Debian: 1.5 k/s where bare sqlite3 made 184 k/s"
    value = statistics.median(found.per_s["ours"])
    yield Row("store, ingest, x emoncms", value, "readings/s", words, ratio, ">= 80", ratio >= 80)
    for name, some in found.cpu_us.items():
        yield Row(
            f"store, processor, {name}", statistics.median(some), "us/reading", "its server alone", 0.0, "-", True
        )
    good = kept == sent and whole
    yield Row("store, ingest, stored once", kept, "readings", f"of {sent:,} sent", kept / sent, "1", good)
