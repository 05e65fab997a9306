"""Readings in any order -> spells, by given levels: each reading costs the same, a late one mends its own hour.

Nothing of how readings came is remembered, so that any order and any batches give the same spells. Pure; both Pythons.
"""

from firmware.processing.state import HOUR_MS, Rule, altered, runs_of, spells_of


class Following:
    """What a unit did, by its levels records; those that differ in from_ms and gain only are one set of levels."""

    def __init__(self, records):
        """`records`: one Levels at least, rising in from_ms; the first also holds for what was before it."""
        self._since = [record.from_ms for record in records]
        self._gains = [record.gain for record in records]
        self._rules, self._of = [], []
        for record in records:
            same = altered(record, from_ms=0, gain=1.0)
            if not self._rules or self._rules[-1].levels != same:
                self._rules.append(Rule(same))
            self._of.append(len(self._rules) - 1)
        self._hours, self._runs, self._touched = {}, {}, set()

    def add(self, ts_ms, mean, least=None, most=None):
        """Take a reading of a window. Of two that begin at the same instant the larger one counts."""
        hour = ts_ms // HOUR_MS
        held = self._hours.get(hour)
        if held is None:
            held = self._hours[hour] = {}
        there = held.get(ts_ms)
        if there is None or there[0] < mean:
            held[ts_ms] = (mean, least, most)
            self._touched.add(hour)

    def touched(self):
        """The hours, as ts_ms // 3600000, that readings have come for since spells were asked for."""
        return sorted(self._touched)

    def spells(self):
        """The Spells of all that was added; only touched hours are gone through reading by reading."""
        for hour in self._touched:
            self._runs[hour] = self._runs_of(hour)
        self._touched = set()
        out = []
        for index, rule in enumerate(self._rules):
            runs = []
            for hour in sorted(self._runs):
                runs.extend(self._runs[hour][index])
            out.extend(spells_of(rule, runs))
        return out

    def _runs_of(self, hour):
        """Runs of an hour, a list for each rule."""
        parts, at = [[] for _rule in self._rules], 0
        for ts_ms, (mean, least, most) in sorted(self._hours[hour].items()):
            while at + 1 < len(self._since) and self._since[at + 1] <= ts_ms:
                at += 1
            gain = self._gains[at]
            least, most = (None if value is None else value / gain for value in (least, most))
            parts[self._of[at]].append((ts_ms, mean / gain, least, most))
        return [runs_of(rule, part) for rule, part in zip(self._rules, parts)]
