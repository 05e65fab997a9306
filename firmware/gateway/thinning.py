"""Readings of one terminal -> fewer, of which each says for which numbers it stands. Rules without I/O.

Only neighbours are folded: numbers that follow each other, the same channels, the same doubts, in one quarter of an
hour. An edge, or a window in which the clock was set, is never folded and waits for nothing. Rows are pairs
(id, Reading); what is let go is a Move, what is not stays held.
"""

from collections import namedtuple

from firmware.processing.filters import changed, is_spike
from firmware.processing.fold import fold
from firmware.protocol.channels import SPIKE
from firmware.protocol.measured import AGGREGATED, CLOCK_STEPPED, EDGE
from firmware.protocol.received import span_of

Rule = namedtuple("Rule", ("windows", "bands", "heartbeat_ms", "leaps"))
# windows: folded into one, or 1. bands: {channel: change that counts}, or {} for none. leaps: {channel: least leap of
# a spike}. heartbeat_ms: how long anything is held back
NEUTRAL = Rule(1, {}, 60_000, {})

Move = namedtuple("Move", ("ids", "reading", "spikes"))
# the rows that go, the reading that takes their place, how many values in it were found to be spikes

Last = namedtuple("Last", ("seq", "good", "sent"))
# of a terminal: its newest number let go, {channel: last good value}, the Reading sent last; for the next to compare
NOTHING = Last(0, {}, None)

ALONE = EDGE | CLOCK_STEPPED
QUARTER_MS = 900_000  # what the collector adds up by hours of any zone must not hang over


def joins(before, after):
    """Whether two readings of a terminal may become one."""
    return (
        span_of(after)[0] == before.seq + 1
        and not (before.flags | after.flags) & ALONE
        and not (before.flags ^ after.flags) & ~AGGREGATED
        and after.ts_ms > before.ts_ms
        and before.ts_ms // QUARTER_MS == after.ts_ms // QUARTER_MS
        and {name: value is None for name, value in before.values.items()}
        == {name: value is None for name, value in after.values.items()}
    )


def folded(readings):
    """One reading that stands for those; a single one is itself."""
    if len(readings) == 1:
        return readings[0]
    values, flags, windows = fold([(one.values, one.flags, one.windows) for one in readings])
    return readings[0]._replace(seq=readings[-1].seq, values=values, flags=flags | AGGREGATED, windows=windows)


def pairs(rows):
    """[Move] that makes one reading of every two neighbours among rows of any terminals."""
    by_terminal, moves = {}, []
    for row in rows:
        by_terminal.setdefault(row[1].terminal_id, []).append(row)
    for group in by_terminal.values():
        group.sort(key=lambda row: row[1].seq)
        at = 0
        while at + 1 < len(group):
            (first, before), (second, after) = group[at : at + 2]
            if joins(before, after):
                moves.append(Move((first, second), folded([before, after]), 0))
                at += 1
            at += 1
    return moves


def let_go(rows, last, rule, over=False):
    """([Move], Last) of what is held of one terminal, in order of the numbers. `over`: hold nothing back any more."""
    moves, newest = [], last
    stretches = list(_stretches(rows))
    for at, stretch in enumerate(stretches):
        before = last if span_of(stretch[0][1])[0] == last.seq + 1 else NOTHING
        is_open = not over and at == len(stretches) - 1 and stretch[-1][1].seq > last.seq
        gone, after = _Stretch(stretch, before, rule).let_go(is_open)
        moves += gone
        newest = max(newest, after, key=lambda one: one.seq)
    return moves, newest


def _stretches(rows):
    """Rows whose numbers follow each other."""
    stretch = []
    for row in rows:
        if stretch and span_of(row[1])[0] != stretch[-1][1].seq + 1:
            yield stretch
            stretch = []
        stretch.append(row)
    if stretch:
        yield stretch


class _Stretch:
    """Numbers that follow each other, after `before`."""

    def __init__(self, rows, before, rule):
        self._rows, self._rule, self._sent = rows, rule, before.sent
        self._last, self._moves, self._group = before, [], []
        self._judged, self._spikes, self._good = [], [], []
        self._doubtful = self._judge(before.good)

    def _judge(self, good):
        """Mark spikes; whether the last reading can be judged only when the next is here."""
        doubtful = False
        readings = [reading for _, reading in self._rows]
        for one, after in zip(readings, [*readings[1:], None], strict=True):
            bad, doubtful = [], False
            for name, leap in self._rule.leaps.items() if not one.flags & EDGE else ():
                was, value = good.get(name), one.values.get(name)
                if was is not None and value is not None and abs(value - was) >= leap:
                    doubtful = after is None
                    following = after and after.values.get(name)
                    if following is not None and is_spike(was, value, following, leap):
                        bad.append(name)
            good = {**good, **{name: value for name, value in one.values.items() if name not in bad}}
            if bad:
                one = one._replace(values={**one.values, **dict.fromkeys(bad)}, flags=one.flags | SPIKE)
            self._judged.append(one)
            self._spikes.append(len(bad))
            self._good.append(good)
        return doubtful

    def let_go(self, is_open):
        """([Move], Last)."""
        for at, one in enumerate(self._judged[:-1] if is_open and self._doubtful else self._judged):
            if self._group and not self._holds(one):
                self._close()
            self._group.append(at)
            if self._goes_at_once(one) or self._is_full(one):
                self._close()
        if self._group and not is_open:
            self._close()
        return self._moves, self._last

    def _holds(self, one):
        """Whether a reading belongs to the group that is being gathered."""
        parts = [self._judged[at] for at in self._group]
        within = self._rule.bands or sum(part.windows for part in parts) + one.windows <= self._rule.windows
        return within and joins(parts[-1], one) and not self._goes_at_once(one)

    def _goes_at_once(self, one):
        if one.flags & ALONE:
            return True
        if not self._rule.bands:
            return False
        sent, bands = self._sent, self._rule.bands
        return (
            sent is None
            or (sent.flags ^ one.flags) & ~AGGREGATED
            or sent.values.keys() != one.values.keys()
            or any(changed(sent.values[name], value, bands.get(name, 0)) for name, value in one.values.items())
        )

    def _is_full(self, one):
        if self._rule.bands:
            return self._sent is None or one.ts_ms - self._sent.ts_ms >= self._rule.heartbeat_ms
        return sum(self._judged[at].windows for at in self._group) >= self._rule.windows

    def _close(self):
        reading = folded([self._judged[at] for at in self._group])
        newest = self._group[-1]
        ids = tuple(self._rows[at][0] for at in self._group)
        self._moves.append(Move(ids, reading, sum(self._spikes[at] for at in self._group)))
        self._sent = reading._replace(ts_ms=self._judged[newest].ts_ms)
        self._last = Last(reading.seq, self._good[newest], self._sent)
        self._group = []
