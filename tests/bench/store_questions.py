"""Questions to five million readings beside the same to others, and to fifty million beside those to five.

One terminal has a year, ten units have a month, a thousand terminals have something to say; everything is sealed.
VictoriaMetrics holds what it is asked for: the units and the thousand.
"""

import shutil
import statistics
from contextlib import ExitStack, closing
from datetime import timedelta
from itertools import product
from pathlib import Path

import numpy as np

from collector import db, readings
from firmware.protocol.channels import BY_NAME
from tests.bench import store_kept, store_peers
from tests.bench.row import Row, seconds
from tests.bench.store_data import CHANNELS, DAY, Trace
from tests.bench.store_site import terminal_id

YEAR, UNITS, LATEST, MORE = 0, range(1, 11), range(1000, 2000), range(3000, 3100)
HOUR_MS = 3_600_000
HOURLY = """CREATE TABLE hourly (terminal INTEGER NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL,
    low REAL NOT NULL, high REAL NOT NULL, total REAL NOT NULL, PRIMARY KEY (terminal, hour)) WITHOUT ROWID"""
DAY_SQL = "SELECT ts, current, voltage, temperature, humidity FROM wide WHERE terminal = ? AND ts >= ? AND ts < ?"
HOURS_SQL = "SELECT hour, n, low, high, total FROM hourly WHERE terminal = ? AND hour >= ? AND hour < ?"
RAW_SQL = """SELECT ts / 3600000, min(current), avg(current), max(current) FROM wide WHERE terminal = ? AND ts >= ?
    AND ts < ? GROUP BY 1"""
GOALS = {"day": 1.2, "hours": 1.5, "recomputed": 0.5, "latest": 0.15, "working": 0.3}
GROWN_MOST = 1.3
LOOKS_LEAST, LOOKS_S = 3, 0.25  # of a question in a round


class Kept:
    """The same readings in our store, in a wide table with a bare roll-up, and in VictoriaMetrics."""

    def __init__(self, folder, days, unit_days, latest):
        self.folder, self.days, self.unit_days = Path(folder), days, unit_days
        self.begin_ms, self.unit_ms = store_kept.begin_of(days), store_kept.begin_of(unit_days)
        self.end_ms = self.begin_ms + days * store_kept.DAY_MS
        self.traces = store_kept.traces([YEAR], days) | store_kept.traces(UNITS, unit_days)
        last = {number: _last_of(self.traces[UNITS[number % len(UNITS)]], number) for number in LATEST[:latest]}
        self.traces |= last
        self.latest, self.count = list(last), sum(len(one.seq) for one in self.traces.values())

    def fill(self):
        """Into our store."""
        store_kept.opened(self.folder / "five")
        for number, one in self.traces.items():
            store_kept.keep(number, one, store_kept.steps_of(one))
        for number in UNITS:
            store_kept.keep_states(number, self.traces[number])
        db.database.close()

    def grow(self, terminals):
        """A second store with the same and a year of more terminals; how many readings it holds."""
        shutil.copytree(self.folder / "five", self.folder / "fifty")
        store_kept.opened(self.folder / "fifty")
        for number in terminals:
            one = store_kept.traces([number], self.days)[number]
            store_kept.keep(number, one, store_kept.steps_of(one))
        db.database.close()
        return self.count + len(terminals) * self.days * DAY

    def fill_wide(self, wide):
        """Into a wide table, and its hours into a bare roll-up."""
        wide.execute(HOURLY)
        wide.execute("BEGIN")
        for number, one in self.traces.items():
            wide.executemany(store_peers.PUT_WIDE, store_peers.wide_rows(number, one))
        sums = "count(*), min(current), max(current), sum(current)"
        wide.execute(f"INSERT INTO hourly SELECT terminal, ts / 3600000, {sums} FROM wide GROUP BY 1, 2")
        wide.execute("COMMIT")

    def fill_victoria(self, server):
        """What it will be asked for."""
        for number in (*UNITS, *self.latest):
            one = self.traces[number]
            for at in range(0, len(one.seq), DAY):
                text = store_peers.lines(number, one, slice(at, at + DAY))
                server.ask("POST", "/write?precision=ms", text.encode())
        server.ask("GET", "/internal/force_flush")


def _last_of(found, number):
    """One reading: the last of another terminal."""
    return Trace(found.seq[-1:], found.ts_ms[-1:], [steps[-1:] + number % 7 for steps in found.steps])


class Ours:
    """The questions to our store; each answer in lists and tuples, as the others give theirs."""

    def __init__(self, kept):
        self.kept, self.ids = kept, [terminal_id(number) for number in kept.latest]
        self.last_day = kept.end_ms - store_kept.DAY_MS

    def day(self):
        """The last day of a terminal, all of it."""
        found = readings.span(terminal_id(YEAR), CHANNELS, self.last_day, self.kept.end_ms)
        values = [readings.values_of(found, BY_NAME[name].id).tolist() for name in CHANNELS]
        return list(zip(found.ts_ms.tolist(), *values, strict=True))

    def hours(self):
        """A year hour by hour, from the sums."""
        return readings.hours(terminal_id(YEAR), "current_a", self.kept.begin_ms, self.kept.end_ms)

    def recomputed(self):
        """The same from all readings."""
        return readings.series(terminal_id(YEAR), "current_a", self.kept.begin_ms, self.kept.end_ms, HOUR_MS)

    def latest(self):
        """What a thousand terminals said last."""
        return readings.latest(self.ids)

    def working(self):
        """Hours worked on each day of a month by each of ten units."""
        first = store_kept.date_of(self.kept.unit_ms)
        last = first + timedelta(days=self.kept.unit_days - 1)
        found = (readings.states(terminal_id(number), first, last, "UTC") for number in UNITS)
        return [(seconds[:, 3] / 3600).tolist() for seconds in found]


class Theirs:
    """The same questions to the peers."""

    def __init__(self, kept, wide, victoria):
        self.kept, self.wide, self.victoria = kept, wide, victoria

    def day(self):
        """A wide table's rows."""
        span = (YEAR, self.kept.end_ms - store_kept.DAY_MS, self.kept.end_ms)
        return self.wide.execute(DAY_SQL, span).fetchall()

    def hours(self):
        """A bare roll-up's rows."""
        return self.wide.execute(
            HOURS_SQL, (YEAR, self.kept.begin_ms // HOUR_MS, self.kept.end_ms // HOUR_MS)
        ).fetchall()

    def recomputed(self):
        """A wide table's GROUP BY."""
        return self.wide.execute(RAW_SQL, (YEAR, self.kept.begin_ms, self.kept.end_ms)).fetchall()

    def latest(self):
        """VictoriaMetrics, all series of the thousand."""
        names = "|".join(f"r_{name}" for name in CHANNELS)
        words = {"query": f'{{__name__=~"{names}",terminal=~"1..."}}', "time": self.kept.end_ms // 1000}
        return store_peers.asked(self.victoria, "/api/v1/query", **words)["data"]["result"]

    def working(self):
        """VictoriaMetrics, the share of each day over one ampere."""
        first_s = self.kept.unit_ms // 1000 + 86_400
        words = {"start": first_s, "end": first_s + (self.kept.unit_days - 1) * 86_400, "step": "1d"}
        query = 'share_gt_over_time(r_current_a{terminal=~"[1-9]|10"}[1d], 0.999) * 24'
        return store_peers.asked(self.victoria, "/api/v1/query_range", query=query, **words)["data"]["result"]


PEERS = {
    "day": "wide table, SELECT",
    "hours": "bare roll-up, SELECT",
    "recomputed": "wide table, GROUP BY",
    "latest": "VictoriaMetrics",
    "working": "VictoriaMetrics",
}
NAMES = {
    "day": "last day, raw",
    "hours": "a year by hour, from sums",
    "recomputed": "a year by hour, from readings",
    "latest": "latest of 1,000 terminals",
    "working": "working hours a day, 10 units, a month",
}


def _agree(ours, theirs):
    """Raises AssertionError where ours and a peer's answer are not the same."""
    assert [row[0] for row in theirs.day()] == [row[0] for row in ours.day()]
    np.testing.assert_allclose(np.array(ours.day()), np.array(theirs.day()), atol=1e-9)
    hours = [(one.hour_ms // HOUR_MS, one.n, one.low, one.high, one.total) for one in ours.hours()]
    np.testing.assert_allclose(np.array(hours), np.array(theirs.hours()), rtol=1e-9, atol=1e-6)
    points = [(point.low, point.mean, point.high) for point in ours.recomputed()]
    np.testing.assert_allclose(np.array(points), np.array([row[1:] for row in theirs.recomputed()]), rtol=1e-9)
    if theirs.victoria:
        said = {
            (one["metric"]["__name__"][2:], one["metric"]["terminal"]): float(one["value"][1])
            for one in theirs.latest()
        }
        kept = {(one.channel, str(int(one.terminal_id[2:]))): one.value for one in ours.latest()}
        assert said.keys() == kept.keys() and all(abs(said[key] - kept[key]) < 1e-6 for key in kept)
        said = {one["metric"]["terminal"]: [float(value) for _at, value in one["values"]] for one in theirs.working()}
        kept = dict(zip(map(str, UNITS), ours.working(), strict=True))
        assert said.keys() == kept.keys()
        for unit, worked in kept.items():
            np.testing.assert_allclose(worked, said[unit], atol=0.05)


def rows(folder, days=365, unit_days=30, latest=1000, more=15, rounds=5):
    """Every question beside its peer, then beside itself on ten times as much."""
    kept = Kept(folder, days, unit_days, latest)
    kept.fill()
    ours = Ours(kept)
    with ExitStack() as stack:
        wide = stack.enter_context(closing(store_peers.wide(Path(folder) / "wide.db")))
        kept.fill_wide(wide)
        victoria = None
        if store_peers.is_here("victoria-metrics"):
            victoria = stack.enter_context(store_peers.victoria(Path(folder) / "victoria"))
            stack.enter_context(victoria.turn())
            kept.fill_victoria(victoria)
        theirs = Theirs(kept, wide, victoria)
        store_kept.opened(kept.folder / "five")
        _agree(ours, theirs)
        for what, most in GOALS.items():
            if victoria or PEERS[what] != "VictoriaMetrics":
                yield _row(kept, what, most, ours, theirs, rounds)
        db.database.close()
    if more:
        yield from _grown(kept, ours, kept.grow(MORE[:more]), rounds)


def _least(action):
    """Seconds of the quickest look: the first is not warm, and in others somebody else had the processor."""
    looks = []
    while len(looks) < LOOKS_LEAST or sum(looks) < LOOKS_S:
        looks.append(seconds(action))
    return min(looks)


def _row(kept, what, most, ours, theirs, rounds):
    pairs = [(_least(getattr(ours, what)), _least(getattr(theirs, what))) for _ in range(rounds)]
    ratio = statistics.median(mine / their for mine, their in pairs)
    mine_ms, their_ms = (statistics.median(one) * 1000 for one in zip(*pairs, strict=True))
    peer = f"{PEERS[what]}: {their_ms:.3g} ms, {kept.count:,} readings"
    return Row(f"store, {NAMES[what]}", mine_ms, "ms", peer, ratio, f"<= {most}", ratio <= most)


def _grown(kept, ours, count, rounds):
    times = {what: {"five": [], "fifty": []} for what in GOALS}
    for _ in range(rounds):
        for what, folder in product(GOALS, ("five", "fifty")):
            store_kept.opened(kept.folder / folder)
            times[what][folder].append(_least(getattr(ours, what)))
    db.database.close()
    for what, some in times.items():
        ratio = statistics.median(more / few for few, more in zip(some["five"], some["fifty"], strict=True))
        value, few = (statistics.median(some[folder]) * 1000 for folder in ("fifty", "five"))
        peer = f"with {kept.count:,} readings: {few:.3g} ms"
        name = f"store, {NAMES[what]}, of {count / 1e6:.0f} million"
        yield Row(name, value, "ms", peer, ratio, f"<= {GROWN_MOST}", ratio <= GROWN_MOST)
