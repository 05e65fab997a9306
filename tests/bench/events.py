"""What judging costs: fifty rules of every kind over the readings of two hundred pieces of equipment."""

import statistics
import tempfile
import time

import numpy as np

from collector import db, readings
from collector.events import plan, rules
from collector.events.conditions import Trace
from collector.events.plan import Plan, Stretches
from collector.events.rules import Rule
from firmware.protocol.channels import BY_NAME
from tests.bench import events_door, events_storm, events_told, store_site
from tests.bench.row import ROUNDS, Row
from tests.bench.store_data import CHANNELS, SCALES, trace
from tests.collector.site import BOOT

TERMINALS, RULES, GOAL_US = 200, 50, 25
SHAPES = ((1, "a reading of each"), (10, "ten of each"))
BATCHES = 60


def fifty():
    """[Rule]: 30 limits, 6 changes, 6 combined, 4 while working, 4 on a schedule; some are raised now and then."""
    found = []
    for at in range(30):
        channel = CHANNELS[at % 4]
        kind, limit = [
            ("above", {"current_a": 45.0, "voltage_v": 241.0, "temperature_c": 28.5, "humidity_pct": 62.0}),
            ("below", {"current_a": -1.0, "voltage_v": 219.0, "temperature_c": 16.0, "humidity_pct": 33.0}),
        ][at // 4 % 2]
        found.append({"kind": kind, "channel": channel, "limit": limit[channel] + at * 0.1, "hysteresis": 0.5})
    for at in range(6):
        found.append({"kind": ("rises", "falls")[at % 2], "channel": "temperature_c", "by": 3.0, "within_s": 600 + at})
    hot, dry = found[2] | {"limit": 28.0}, found[7] | {"limit": 36.0}
    found += [{"kind": ("all", "any")[at % 2], "of": [hot | {"limit": 28.0 + at}, dry]} for at in range(6)]
    working, night = {"kind": "state", "states": ["working"]}, {"kind": "schedule", "days": [1, 2], "from_min": 0}
    found += [{"kind": "all", "of": [hot | {"limit": 28.0 + at}, working]} for at in range(4)]
    found += [{"kind": "all", "of": [hot | {"limit": 28.0 + at}, night | {"to_min": 300}]} for at in range(4)]
    return [Rule(at, condition, 60 * (at % 3), 60 * (at % 2)) for at, condition in enumerate(found, 1)]


def batches(each):
    """Stretches of `each` readings of every terminal, one behind the other."""
    traces = [trace(BATCHES * each, number) for number in range(TERMINALS)]
    for at in range(0, BATCHES * each, each):
        rows = slice(at, at + each)
        values = {
            name: np.concatenate([one.steps[place][rows] for one in traces]) / SCALES[place]
            for place, name in enumerate(CHANNELS)
        }
        ts_ms = np.concatenate([one.ts_ms[rows] for one in traces])
        states = np.where(values["current_a"] > 2, "working", "standby")
        yield Stretches(Trace(ts_ms, values, {}, states, zone="Asia/Shanghai"), np.arange(0, TERMINALS * each, each))


def judged(prepared, some):
    """How many edges there were."""
    memories, count = [{}] * TERMINALS, 0
    for stretches in some:
        told, changed = plan.judge(prepared, memories, stretches)
        memories = [changed.get(at, memory) for at, memory in enumerate(memories)]
        count += len(told)
    return count


def bare_us(some, each):
    """Microseconds of storing a reading of the same batches, with nobody who follows them."""
    names, starts = [store_site.terminal_id(number) for number in range(TERMINALS)], np.arange(TERMINALS) * each
    with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
        store_site.furnished(folder, [TERMINALS])
        db.open_database(folder)
        began_s = time.process_time()
        for at, (trace, _starts) in enumerate(some):
            seq = BOOT + 1 + at * each + np.tile(np.arange(each), TERMINALS)
            zeros = np.zeros(len(seq), np.int64)
            steps = {
                BY_NAME[name].id: np.rint(trace.values[name] * scale).astype(np.int64)
                for name, scale in zip(CHANNELS, SCALES, strict=True)
            }
            found = readings.Columns(seq, trace.ts_ms, zeros, zeros + 1, zeros.copy(), steps, {})
            with db.write():
                readings.take([readings.Arrival(names, starts, found)], 1)
        took_s = time.process_time() - began_s
        db.database.close()
    return took_s / (BATCHES * TERMINALS * each) * 1e6


def rows():
    """Every figure of events: judging, the door with all that follows, from a window to a message, a storm."""
    yield from judging()
    with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
        yield from events_door.rows(folder, fifty())
    for told in (events_told, events_storm):
        with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
            yield from told.rows(folder)


def judging():
    """Microseconds of judging for a reading under fifty rules."""
    prepared = Plan([line for rule in fifty() for line in rules.lines(rule)])
    for each, words in SHAPES:
        some, took = list(batches(each)), []
        for _ in range(ROUNDS):
            began_s = time.process_time()  # of this processor, whatever else the machine does
            edges = judged(prepared, some)
            took.append(time.process_time() - began_s)
        cost_us = statistics.median(took) / (BATCHES * TERMINALS * each) * 1e6
        said = (
            f"storing them bare {bare_us(some, each):.1f} us; {RULES} rules, {TERMINALS} terminals, {words} at a time"
        )
        said += f", {edges:,} raised or cleared"
        yield Row(
            f"events, judging, {words}",
            cost_us,
            "us/reading",
            said,
            GOAL_US / cost_us,
            f"< {GOAL_US} us",
            cost_us < GOAL_US,
        )
