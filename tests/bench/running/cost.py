"""What telling states costs: a year at once, and one reading beside the price of storing it."""

import statistics
import tempfile
import time
from pathlib import Path

from collector import db, readings, running
from collector.running.readings import ordered
from firmware.processing.following import Following
from tests.bench.row import ROUNDS, Row, seconds
from tests.bench.running.trace import make

YEAR_S_MOST, READING_US_MOST = 20.0, 30.0
TERMINAL, UPLOAD = "bench", 360
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
