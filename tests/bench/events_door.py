"""The A02 door on one core with all that follows: readings stored, their machine's state followed, fifty rules judged.

Two hundred machines, a terminal each, four gateways on a connection each, compact batches of 500 readings of four
values, ten of each terminal. The time counts until the last reading was judged: it alone raises a rule of its own. The
same readings of terminals bound to nothing are stored beside it by the same program.
"""

import os
import sqlite3
import statistics
import time
from contextlib import closing, contextmanager
from pathlib import Path

from collector import db, equipment, events
from collector.events import shape
from tests.bench import store_door, store_site
from tests.bench.row import Row, seconds
from tests.bench.running import cost
from tests.bench.running.trace import make
from tests.bench.store_data import CHANNELS, EVERY_MS, trace
from tests.collector.site import CT, now_ms

GATEWAYS, TERMINALS, TICKS = 4, 50, 10
BATCHES, ROUNDS, GOAL = 60, 3, 15_000  # batches of each gateway in a round
DAMP = {"kind": "above", "channel": "humidity_pct", "limit": 99.0, "hysteresis": 1.0}
LAST = {"kind": "all", "of": [DAMP, {"kind": "state", "states": list(shape.STATES)}]}  # once its state is known, too
LAST_STEPS = 10_000  # humidity of the last reading of a round, in the channel's hundredths
HUMIDITY = CHANNELS.index("humidity_pct")
FAR = {"current_a": 30, "voltage_v": 30, "temperature_c": 8, "humidity_pct": 30}  # so much further out: few are raised


def furnished(folder, rules, batches):
    """([credential] of four gateways, [traces of each]) of a collector; with rules its machines are judged."""
    count = batches * TICKS
    start_ms = now_ms() - count * EVERY_MS
    credentials = store_site.furnished(folder, [TERMINALS] * GATEWAYS)
    numbers = [range(at * TERMINALS, (at + 1) * TERMINALS) for at in range(GATEWAYS)]
    traces = [{number: trace(count, number, start_ms) for number in some} for some in numbers]
    if rules:
        db.open_database(folder)
        version = cost.learned(make("CT", 7, 2, 10, "rough"), start_ms)
        for number in range(GATEWAYS * TERMINALS):
            about = {"asset_number": f"M-{number}", "name": f"machine {number}", "serial": f"{number}"}
            equipment.add_equipment(CT | about, start_ms)
            cost.known(equipment.bind(store_site.terminal_id(number), f"M-{number}", start_ms - 1).id, version)
        for at, rule in enumerate(rules):
            events.keep_rule(f"rule {at}", {}, rule, "figures", start_ms)
        db.database.close()
    return credentials, traces


def further(condition):
    """A condition whose limits lie further out."""
    if "of" in condition:
        return condition | {"of": [further(part) for part in condition["of"]]}
    if "limit" not in condition:
        return condition
    by = FAR[condition["channel"]] * (1 if condition["kind"] == "above" else -1)
    return condition | {"limit": condition["limit"] + by}


@contextmanager
def on_one_core(folder):
    """A collector that has one core for itself and all its threads, while who asks has the others."""
    whole = os.sched_getaffinity(0)
    first = min(whole)
    os.sched_setaffinity(0, {first})
    try:
        with store_site.collector(folder) as server, server.turn():
            os.sched_setaffinity(0, whole - {first} or whole)
            yield server
    finally:
        os.sched_setaffinity(0, whole)


def rows(folder, rules, batches=BATCHES, rounds=ROUNDS):
    """Readings a second through the door, followed and judged, beside the same stored bare."""
    far = [rule._replace(condition=further(rule.condition)) for rule in rules]
    bare = _measured(Path(folder) / "bare", [], batches, rounds)
    judged = _measured(Path(folder) / "judged", [*far, events.Rule("", LAST)], batches, rounds)
    kept = _count(Path(folder) / "judged", "SELECT count(*) FROM event")
    beside = f"bare {bare:,.0f} a second; one core, {GATEWAYS * TERMINALS} machines, {len(rules)} rules, {kept} events"
    yield Row("events, door judged", judged, "readings/s", beside, judged / bare, f">= {GOAL:,}", judged >= GOAL)


def _measured(folder, rules, batches, rounds):
    """The median of the rounds' readings a second."""
    credentials, traces = furnished(folder, rules, rounds * batches)
    heads = [store_site.headers(one) for one in credentials]
    found = []
    with on_one_core(folder) as server:
        time.sleep(3)  # who follows begins with what comes after its first look
        for at in range(rounds):
            end = (at + 1) * batches * TICKS - 1
            traces[-1][GATEWAYS * TERMINALS - 1 - at].steps[HUMIDITY][end] = LAST_STEPS
            bodies = [[store_door.compact_of(some, one) for one in _slices(at * batches, batches)] for some in traces]
            count = batches * GATEWAYS * store_door.ROWS

            def go(some=bodies, last=GATEWAYS * TERMINALS - 1 - at):
                store_door.post_from_four(server, store_site.PATH, heads, some)
                _judged(folder, rules, store_site.terminal_id(last))

            found.append(count / seconds(go))
    return statistics.median(found)


def _slices(first, count):
    return [slice(n * TICKS, n * TICKS + TICKS) for n in range(first, first + count)]


def _judged(folder, rules, terminal_id):
    """Wait until the last reading of a terminal has raised the last rule, where there are rules."""
    sql, until = "SELECT count(*) FROM event WHERE subject = ? AND rule = ?", time.monotonic() + 120
    while rules and not _count(folder, sql, terminal_id, f"rule {len(rules)}"):
        assert time.monotonic() < until, f"the last reading of {terminal_id} was not judged within two minutes"
        time.sleep(0.02)


def _count(folder, sql, *about):
    with closing(sqlite3.connect(folder / "collector.db", timeout=30)) as database:
        return database.execute(sql, about).fetchone()[0]
