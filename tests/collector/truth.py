"""What the room of readings should answer, kept in the plainest way; readings as a gateway brings them."""

from collections import namedtuple
from math import isnan

import pytest

from collector import db, readings
from firmware.processing.intervals import merged
from tests.collector.site import kept_of

HOUR_MS = readings.HOUR_MS
DAY_MS = 24 * HOUR_MS
START_MS = 1_760_400_000_000 // DAY_MS * DAY_MS
TEMPERATURE, CURRENT, CHARGE = 1, 3, 7
NAMES = {TEMPERATURE: "temperature_c", CURRENT: "current_a", CHARGE: "charge_as"}
SCALE = {TEMPERATURE: 100, CURRENT: 1000, CHARGE: 100}

# what a test says of a reading; after_ms: since START_MS; steps: {channel id: steps or None}
Said = namedtuple("Said", ("seq", "after_ms", "windows", "steps"))


def said(*rows):
    """Readings of a current alone: (seq, after_ms, current steps) tuples."""
    return [Said(seq, after_ms, 1, {CURRENT: steps}) for seq, after_ms, steps in rows]


def upload(rows, terminal_id="ct-01", carrier=1):
    """Store readings as a gateway brings them: those with the same channels side by side."""
    by_channels = {}
    for row in rows:
        by_channels.setdefault(tuple(sorted(row.steps)), []).append(row)
    found = [
        readings.Block(
            terminal_id,
            [row.seq for row in group],
            [START_MS + row.after_ms for row in group],
            {channel_id: [row.steps[channel_id] for row in group] for channel_id in channels},
            windows=[row.windows for row in group],
        )
        for channels, group in by_channels.items()
    ]
    return readings.append(found, carrier)


class Truth:
    """What should be there, kept in the plainest way: the first reading of each number."""

    def __init__(self):
        self.kept = {}

    def add(self, rows):
        by_channels = {}
        for row in rows:
            by_channels.setdefault(tuple(sorted(row.steps)), []).append(row)
        for group in by_channels.values():
            for row in group:
                self.kept.setdefault(row.seq, row)

    def rows(self):
        return sorted(self.kept.values(), key=lambda row: (row.after_ms, row.seq))

    def hours(self, channel_id):
        hours, scale = {}, SCALE[channel_id]
        for row in self.rows():
            steps = row.steps.get(channel_id)
            if steps is not None:
                times = 1 if channel_id == CHARGE else row.windows
                hours.setdefault(row.after_ms // HOUR_MS, []).append((row.windows, steps, steps * times))
        return [
            (
                START_MS + hour * HOUR_MS,
                sum(n for n, _steps, _total in some),
                min(steps for _n, steps, _total in some) / scale,
                max(steps for _n, steps, _total in some) / scale,
                pytest.approx(sum(total for _n, _steps, total in some) / scale),
            )
            for hour, some in sorted(hours.items())
        ]

    def latest(self):
        found = {}
        for row in self.kept.values():
            for channel_id, steps in row.steps.items():
                if channel_id not in found or found[channel_id][0] < row.seq:
                    value = None if steps is None else steps / SCALE[channel_id]
                    found[channel_id] = (row.seq, START_MS + row.after_ms, value)
        return sorted((NAMES[channel_id], *rest) for channel_id, rest in found.items())


def holds(truth):
    """Whether the room answers every question as the truth does."""
    rows, found = truth.rows(), kept_of("ct-01", *NAMES.values())
    assert found.seq.tolist() == [row.seq for row in rows]
    assert found.ts_ms.tolist() == [START_MS + row.after_ms for row in rows]
    assert found.windows.tolist() == [row.windows for row in rows]
    for channel_id in NAMES:
        states = readings.states_of(found, channel_id).tolist()
        wanted = [2 if channel_id not in row.steps else int(row.steps[channel_id] is None) for row in rows]
        assert states == wanted
        values = readings.values_of(found, channel_id).tolist()
        for row, value in zip(rows, values, strict=True):
            steps = row.steps.get(channel_id)
            assert isnan(value) if steps is None else value == steps / SCALE[channel_id]
        hours = readings.hours("ct-01", NAMES[channel_id], START_MS, START_MS + 2 * DAY_MS)
        assert [hour[1:] for hour in hours] == truth.hours(channel_id)
    assert sorted(one[1:] for one in readings.latest(["ct-01"])) == truth.latest()
    stored = readings.intervals_of("ct-01", readings.STORED)
    assert stored == merged([(seq, seq) for seq in truth.kept])


def played(steps):
    """Uploads, each sent twice, and sealings in the order of `steps`; then the room holds the truth. Nothing stays."""
    truth = Truth()
    with db.write() as transaction:
        for step in steps:
            if isinstance(step, int):
                readings.seal(START_MS + step)
            else:
                assert upload(step, carrier=1 + len(step) % 2).stored == len(
                    {row.seq for row in step} - truth.kept.keys()
                )
                assert upload(step, carrier=1 + len(step) % 2).stored == 0
                truth.add(step)
        holds(truth)
        transaction.rollback()
