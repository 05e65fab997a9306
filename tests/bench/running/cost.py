"""What telling states costs: a year at once, and one reading beside the price of storing it."""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from collector import db, equipment, gateways, readings, running
from collector import following as way
from collector.running import models
from collector.running.live import Live
from collector.running.readings import ordered
from firmware.processing.following import Following
from tests.bench.row import ROUNDS, Row, seconds
from tests.bench.running.trace import make
from tests.collector import site

YEAR_S_MOST, READING_US_MOST = 20.0, 30.0
TERMINAL, UPLOAD = "bench", 360
UNITS, FROM_H, HOURS = 20, 8, 6  # of the day, followed minute by minute
CHANNELS = {4: 1000, 5: 1000, 6: 1000}  # ids of three channels and their steps per unit


def rows():
    """A year of ten-second windows of two classes, and following."""
    for kind in ("CT", "MRI"):
        trace = make(kind, 7, 365, 10, "rough")
        columns = ordered(trace.ts_ms, trace.current_a, trace.current_min_a, trace.current_max_a)
        began = time.process_time()  # of this one process: others may keep the machine busy
        running.analyse(columns, kind)
        took = time.process_time() - began
        holds = took < YEAR_S_MOST
        yield Row(f"running: a year of {kind}", took, "s", "the limit", took / YEAR_S_MOST, f"< {YEAR_S_MOST:g}", holds)
    yield _following()
    yield _in_the_collector()


def _following():
    """Microseconds of a reading that is followed and told at the end; beside storing it as uploads do."""
    trace = make("CT", 7, 2, 10, "rough")
    columns = ordered(trace.ts_ms, trace.current_a, trace.current_min_a, trace.current_max_a)
    records = running.analyse(columns, "CT").levels
    parts = columns.ts_ms, columns.mean, columns.least, columns.most
    rows = list(zip(*(part.tolist() for part in parts), strict=True))

    def follow():
        here = Following(records)
        for row in rows:
            here.add(*row)
        here.spells()

    ours = statistics.median(seconds(follow) for _ in range(ROUNDS)) / len(rows) * 1e6
    stored = statistics.median(_stored(rows) for _ in range(3)) / len(rows) * 1e6
    name, holds = "running: one reading followed", ours < READING_US_MOST
    return Row(name, ours, "us", f"storing it {stored:.1f} us", ours / stored, f"< {READING_US_MOST:g} us", holds)


def _stored(rows):
    """Seconds to store the rows in uploads of an hour."""
    with tempfile.TemporaryDirectory() as folder:
        db.open_database(Path(folder), make=True)
        db.migrate()
        blocks = []
        for at in range(0, len(rows), UPLOAD):
            part = rows[at : at + UPLOAD]
            steps = {
                number: [int(row[place] * scale) for row in part]
                for place, (number, scale) in enumerate(CHANNELS.items(), 1)
            }
            numbers = list(range(at + 1, at + 1 + len(part)))
            blocks.append(readings.Block(TERMINAL, numbers, [row[0] for row in part], steps))

        def store():
            for block in blocks:
                with db.database.atomic():
                    readings.append([block])

        took = seconds(store)
        db.database.close()
        return took


def learned(trace, start_ms):
    """The Version that holds from an instant on, of what a Trace of a CT teaches."""
    columns = ordered(trace.ts_ms, trace.current_a, trace.current_min_a, trace.current_max_a)
    whole = running.analyse(columns, "CT")
    return models.Version(0, start_ms, start_ms, start_ms, start_ms, "first", None, whole.levels, whole.habits)


def known(binding_id, version):
    """Let a binding have levels from an instant on, and nothing before to tell."""
    with db.write():
        models.add_version(binding_id, version)
        models.keep_unit(models.Unit(binding_id, version.from_ms // 3_600_000 - 1, 2**50))


def _in_the_collector():
    """Microseconds of a reading of stored uploads that is followed live and told for good; beside storing it."""
    trace = make("CT", 7, 2, 10, "rough")
    hour_ms, first = 3_600_000, int(np.searchsorted(trace.ts_ms, trace.ts_ms[0] + FROM_H * 3_600_000))
    start_ms = int(trace.ts_ms[first])
    version = learned(trace, start_ms)
    stored_s = followed_s = count = 0
    with tempfile.TemporaryDirectory() as folder:
        site.build(Path(folder) / "data")
        db.open_database(Path(folder) / "data")
        units = [_bound(Path(folder) / "data", at, version) for at in range(UNITS)]
        following = way.Following([Live()])
        following.go_on(start_ms)
        for at in range(first, first + HOURS * 360, 6):
            blocks = [_block(trace, name, at) for name in units]
            began = time.process_time()
            with db.write():
                readings.append(blocks)
            stored_s += time.process_time() - began
            began, now_ms = time.process_time(), int(trace.ts_ms[at + 6])
            following.go_on(now_ms)
            followed_s += time.process_time() - began
            if now_ms % hour_ms < 60_000:
                began = time.process_time()
                readings.seal(now_ms + 780_000)
                stored_s, began = stored_s + time.process_time() - began, time.process_time()
                running.Rounds().go(now_ms + 780_000, "UTC")
                followed_s += time.process_time() - began
            count += 6 * UNITS
        db.database.close()
    ours, stored = followed_s / count * 1e6, stored_s / count * 1e6
    name, holds = "running: one reading followed in the collector", ours < READING_US_MOST
    return Row(name, ours, "us", f"storing it {stored:.1f} us", ours / stored, f"< {READING_US_MOST:g} us", holds)


def _bound(folder, at, version):
    """The id of a new terminal on a new CT whose levels are known."""
    name, asset = f"clamp-{at}", f"C-{at}"
    equipment.add_equipment(site.CT | {"asset_number": asset, "serial": asset}, 0)
    gateways.add_terminal(folder, name, bytes(32), 0)
    known(equipment.bind(name, asset, 0).id, version)
    return name


def _block(trace, name, at):
    rows = slice(at, at + 6)
    values = (trace.current_a, trace.current_min_a, trace.current_max_a)
    steps = {
        number: [round(value * 1000) for value in one[rows]] for number, one in zip((3, 4, 5), values, strict=True)
    }
    return readings.Block(name, list(range(at + 1, at + 7)), trace.ts_ms[rows].tolist(), steps)
