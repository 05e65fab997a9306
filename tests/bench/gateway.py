"""What a gateway does beside what a user would otherwise run: rate, delay, memory, writes; each with its limit.

Frames are really sealed, publishers speak QoS 1 over TLS, both brokers are mosquitto without limits of their queues,
the disk is the machine's own. A message is done here when it is committed; at the bare peer when paho has it.
"""

import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.bench import seal
from tests.bench.gateway_site import Bench
from tests.bench.gateway_wire import send_all
from tests.bench.row import Row

PUBLISHERS, MESSAGES, ROUNDS = 50, 200, 5
PACED_S, PER_S, DELAY_ROUNDS = 4, 100, 7
TERMINALS, RSS_MOST_MIB = 200, 150
RATIO_LEAST, DELAY_MOST = 0.5, 3.0
BARE = "mosquitto -> paho, QoS 1, the same messages"


def rate(bench, messages, rounds):
    """(messages per second to the outbox, median of the rounds' ratios to the bare path)."""
    found = []
    for _ in range(rounds):
        packets = {one.wire: one.sealed(messages) for one in bench.publishers}
        bare = {wire: packets[one.wire] for wire, one in zip(bench.bare_wires, bench.publishers, strict=True)}
        count = messages * len(packets)
        bench.expect_bare(count)
        began_s = time.monotonic()
        send_all(bench.bare_wires, bare)
        bare_s = bench.bare_times()[-1] - began_s
        began_s = time.monotonic()
        send_all(list(packets), packets)
        found.append((count, bare_s, bench.durable() - began_s))
    ratio = statistics.median(bare_s / our_s for _count, bare_s, our_s in found)
    return statistics.median(count / our_s for count, _bare_s, our_s in found), ratio


def delay(bench, seconds, per_s, rounds):
    """(our p99 in ms, the bare path's, their ratio), medians of the rounds: from a message to its answer at who sent
    it. Ours is the acknowledgement after the commit; bare paho answers at once and keeps nothing."""
    bench.answer_bare()
    found = []
    for _ in range(rounds):
        ours = [(one.wire, one.sealed(seconds * per_s // len(bench.publishers) + 1)) for one in bench.publishers]
        bare = [(wire, list(packets)) for wire, (_own, packets) in zip(bench.bare_wires, ours, strict=True)]
        pair = [_paced(lines, seconds * per_s, per_s) for lines in (ours, bare)]
        our_ms, bare_ms = (statistics.quantiles(one, n=100)[98] * 1000 for one in pair)
        found.append((our_ms, bare_ms, our_ms / bare_ms))
    return tuple(statistics.median(column) for column in zip(*found, strict=True))


def _paced(lines, count, per_s):
    """Seconds from each of `count` messages, one line after the other, to its answer."""
    waited, due_s = [], time.monotonic()
    for n in range(count):
        wire, packets = lines[n % len(lines)]
        time.sleep(max(0.0, due_s - time.monotonic()))
        waited.append(wire.answered_s(packets[n // len(lines)]))
        due_s += 1 / per_s
    return waited


def lost(bench):
    """Readings that were acknowledged on A01 and are not in the outbox after kill -9."""
    told = {one.terminal_id: one.acknowledged() for one in bench.publishers}
    bench.gateway.kill()
    with closing(sqlite3.connect(bench.outbox)) as database:
        kept = set(database.execute("SELECT terminal_id, seq FROM readings"))
    numbers = {(name, seq) for name, pairs in told.items() for first, last in pairs for seq in range(first, last + 1)}
    assert numbers, "nothing was acknowledged"
    return len(numbers - kept), len(numbers)


def memory_mib(folder, terminals):
    """Resident MiB of a gateway, its broker embedded, with so many terminals that have proved themselves and spoken."""
    with Bench(folder, terminals, embedded=True, bare=False) as bench:
        packets = {one.wire: one.sealed(5) for one in bench.publishers}
        send_all(list(packets), packets)
        bench.durable()
        return bench.rss() / 2**20


def rows(
    publishers=PUBLISHERS,
    messages=MESSAGES,
    rounds=ROUNDS,
    paced_s=PACED_S,
    delay_rounds=DELAY_ROUNDS,
    terminals=TERMINALS,
):
    """Rate, loss, delay, bytes written, memory; and the session layer's own."""
    with tempfile.TemporaryDirectory() as folder, Bench(Path(folder), publishers) as bench:
        bench.platform.stop()
        written = bench.written()
        per_s, ratio = rate(bench, messages, rounds)
        written = (bench.written() - written) / (publishers * messages * rounds)
        yield Row("gateway, messages to the disk", per_s, "messages/s", BARE, ratio, ">= 0.5", ratio >= RATIO_LEAST)
        yield Row("gateway, written in a burst", written, "B/reading", "no limit", 0.0, "-", True)
        before = bench.written()
        ours_ms, bare_ms, part = delay(bench, paced_s, PER_S, delay_rounds)
        peer = f"{bare_ms:.3g} ms, answered at once by bare paho"
        yield Row(f"gateway, p99 at {PER_S}/s", ours_ms, "ms", peer, part, "<= 3", part <= DELAY_MOST)
        written = (bench.written() - before) / (paced_s * PER_S * delay_rounds)
        yield Row(f"gateway, written at {PER_S}/s", written, "B/reading", "no limit", 0.0, "-", True)
        gone, told = lost(bench)
        yield Row("gateway, acknowledged and lost", gone, "readings", f"of {told:,} after kill -9", 0.0, "0", not gone)
    with tempfile.TemporaryDirectory() as folder:
        mib = memory_mib(Path(folder), terminals)
        peer, part = f"limit {RSS_MOST_MIB} MiB", mib / RSS_MOST_MIB
        yield Row(f"gateway, memory with {terminals} terminals", mib, "MiB", peer, part, "<= 1", part <= 1)
    yield from seal.rows()
