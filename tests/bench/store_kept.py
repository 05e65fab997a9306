"""Readings brought into our store as uploads are, a day of a terminal at a time, and sealed; without the door."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from collector import db, readings
from firmware.protocol.channels import BY_NAME
from tests.bench.store_data import CHANNELS, DAY, EVERY_MS, trace
from tests.bench.store_site import terminal_id

DAY_MS = 86_400_000
ZONE = "Asia/Shanghai"
WORKING_STEPS, STANDBY_STEPS = 1000, 100  # of a current: what the bench calls working
SEAL_EVERY = 60  # days
PER_GATEWAY = 100  # terminals


def begin_of(days):
    """Midnight of UTC so many whole days before yesterday."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((today - timedelta(days=days + 1)).timestamp()) * 1000


def date_of(ts_ms):
    """The date of an instant in UTC."""
    return date.fromtimestamp(ts_ms // 1000)


def opened(folder):
    """The database of a folder, made where there is none; what was open is closed."""
    if db.database.obj is not None and not db.database.is_closed():
        db.database.close()
    db.open_database(Path(folder), make=True)
    db.migrate()


def steps_of(found):
    """{channel name: steps} of a Trace."""
    return dict(zip(CHANNELS, found.steps, strict=True))


def keep(number, found, steps):
    """Store a terminal's Trace with these {channel name: steps}, and seal it."""
    name, zeros = terminal_id(number), np.zeros(DAY, np.int64)
    for day, at in enumerate(range(0, len(found.seq), DAY), 1):
        rows = slice(at, at + DAY)
        some = {BY_NAME[channel].id: values[rows].copy() for channel, values in steps.items()}
        rest = zeros[: len(found.seq[rows])]
        columns = readings.Columns(found.seq[rows], found.ts_ms[rows], rest, rest + 1, rest.copy(), some, {})
        with db.write():
            readings.take([readings.Arrival([name], np.array([0]), columns)], number // PER_GATEWAY)
        if day % SEAL_EVERY == 0:
            readings.seal(int(found.ts_ms[-1]) + 2 * DAY_MS)
    readings.seal(int(found.ts_ms[-1]) + 2 * DAY_MS)


def keep_states(number, found):
    """Store the seconds a terminal's current says it was off, stood by and worked, for each quarter of an hour."""
    current, quarters = found.steps[0], found.ts_ms // 900_000
    working, standby = current >= WORKING_STEPS, (current >= STANDBY_STEPS) & (current < WORKING_STEPS)
    starts = np.flatnonzero(np.diff(quarters, prepend=-1))
    counts = np.diff(starts, append=len(quarters)) * (EVERY_MS // 1000)
    worked, stood = (np.add.reduceat(one.astype(int), starts) * (EVERY_MS // 1000) for one in (working, standby))
    seconds = zip((counts - worked - stood).clip(0).tolist(), stood.tolist(), worked.tolist(), strict=True)
    instants = (quarters[starts] * 900_000).tolist()
    with db.write():
        said = {ts_ms: (off, stood, 0, worked) for ts_ms, (off, stood, worked) in zip(instants, seconds, strict=True)}
        readings.put_states(terminal_id(number), said)


def in_use(path):
    """Bytes of a SQLite file's pages that hold something."""
    pages, free, size = (db.rows(f"PRAGMA {what}")[0][0] for what in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * size


def traces(numbers, days):
    """{terminal number: Trace} of whole days up to yesterday."""
    return {number: trace(days * DAY, number, begin_of(days)) for number in numbers}
