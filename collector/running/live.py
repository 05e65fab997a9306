"""What each unit does now, by its newest levels: a look at each reading for itself, and how long it has been so.

This is for rules and for who asks now. What an hour was is told once it is over (settling.py), from the hours beside
it as well. Readings that come for an hour that was told already are marked there.
"""

from collections import namedtuple

import numpy as np

from collector import readings
from collector.running import current, models
from firmware.processing.state import BREAK_MS, DWELL_S, HOUR_MS, UNKNOWN, WORKING, Rule
from firmware.protocol.channels import BY_NAME

# state since an instant; next: what it looks like since next_ms, which has not lasted for a dwell yet
Standing = namedtuple("Standing", "state since_ms next next_ms ts_ms")
NOTHING = Standing(UNKNOWN, 0, UNKNOWN, 0, 0)


class Look:
    """One Levels record laid on single readings."""

    def __init__(self, levels):
        self.gain, self.rule = levels.gain, Rule(levels)
        by_current = {}
        for (state, _amps, _on), expected in zip(self.rule.places, self.rule.expected, strict=True):
            by_current.setdefault(expected, state)
        self.states = [by_current[expected] for expected in sorted(by_current)]
        self.least = 1 if levels.cycle_a else 0  # a compressor alone reaches this height

    def state(self, mean, least, most):
        """What a reading looks like."""
        mean, least, most = mean / self.gain, least / self.gain, most / self.gain
        place, height = self.rule.mark(self.rule.base(mean, least), mean, most)
        return UNKNOWN if place < 0 else WORKING if height > self.least else self.states[place]


def after(standing, state, ts_ms):
    """The Standing after a newer reading that looks like a state: at once for working, else after a dwell."""
    if ts_ms - standing.ts_ms > BREAK_MS:
        return Standing(state, ts_ms, state, ts_ms, ts_ms)
    if state == standing.state:
        return standing._replace(next=state, next_ms=ts_ms, ts_ms=ts_ms)
    since = standing.next_ms if state == standing.next else ts_ms
    if state == WORKING or ts_ms - since >= DWELL_S * 1000:
        return Standing(state, since, state, ts_ms, ts_ms)
    return standing._replace(next=state, next_ms=since, ts_ms=ts_ms)


class Live:
    """The follower of running state (collector/following.py)."""

    name = "running"

    def __init__(self):
        self._standing, self._looks, self._changed = {}, {}, set()
        self._version = 0  # the newest of all that were laid on

    def follow(self, seen):
        """Take over readings; late ones are marked for the next round of settling."""
        self._refresh()
        values, late = self._values(seen.arrival), set()
        told = models.told_beyond(int(seen.arrival.columns.ts_ms.min()) // HOUR_MS - 1)
        ends = readings.ends_of(seen.arrival).tolist()
        for terminal_id, start, end in zip(seen.arrival.terminal_ids, seen.arrival.starts.tolist(), ends, strict=True):
            for held in seen.bindings[terminal_id]:
                if current.CHANNEL in held.channels:
                    rows = values[start:end]
                    late |= _late(held, told.get(held.binding_id), rows)
                    self._stand(terminal_id, held, rows)
        models.unsettle(sorted(late))
        return False  # twice comes to the same

    def keep(self):
        """Write what each unit does now."""
        known = {terminal_id: list(self._standing[terminal_id]) for terminal_id in self._changed}
        readings.remember(self.name, known)
        self._changed = set()

    def forget(self):
        """Go back to what was kept."""
        self._standing, self._changed = standings(), set()

    def standing(self, terminal_id):
        """The Standing of a terminal's unit after its newest reading."""
        return self._standing.get(terminal_id, NOTHING)

    def _refresh(self):
        """Take newer levels where some were learned."""
        for binding_id, number in models.versions_after(self._version).items():
            self._looks[binding_id] = Look(models.versions_of(binding_id)[-1].records[-1])
            self._version = max(self._version, number)

    @staticmethod
    def _values(arrival):
        """[(ts_ms, mean, least, most)] of all rows, NaN where there was no valid current."""
        columns = arrival.columns
        mean, least, most = (readings.values_of(columns, BY_NAME[name].id) for name in current.CHANNELS)
        least, most = np.where(np.isfinite(least), least, mean), np.where(np.isfinite(most), most, mean)
        return list(zip(*(part.tolist() for part in (columns.ts_ms, mean, least, most)), strict=True))

    def _stand(self, terminal_id, held, rows):
        look = self._looks.get(held.binding_id)
        if look is None:
            return
        standing = self._standing.get(terminal_id, NOTHING)
        for ts_ms, mean, least, most in rows:
            if ts_ms > standing.ts_ms and mean == mean and (held.to_ms is None or ts_ms < held.to_ms):
                standing = after(standing, look.state(mean, least, most), ts_ms)
        self._standing[terminal_id] = standing
        self._changed.add(terminal_id)


def _late(held, through, rows):
    """{(binding number, hour number)} of hours that were told, or stand beside one that was; None: none was."""
    if through is None:
        return set()
    inside = (ts_ms // HOUR_MS for ts_ms, mean, *_ in rows if ts_ms >= held.from_ms and mean == mean)
    return {(held.binding_id, hour) for hour in inside if hour - 1 <= through}


def standings():
    """{terminal_id: Standing} as it was kept last, at most a minute ago."""
    return {terminal_id: Standing(*said) for terminal_id, said in readings.remembered(Live.name).items()}


LIVE = Live()
