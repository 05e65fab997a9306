"""Current -> off, standby, ready, working, by levels learned of this very unit. Pure; both Pythons.

A window is put beside the unit's plateaus at once and for itself: that makes a run of like windows. Runs are then told
as the cheapest way through the plateaus, with a compressor that cycles on top or not: each change has a price, so that
what lasts less than a dwell is no change. Whole numbers only, so that the order of adding never shows.
See docs/running-state.md.
"""

from collections import namedtuple

STATES = ("off", "standby", "ready", "working")
OFF, STANDBY, READY, WORKING = STATES
UNKNOWN = "unknown"

FIELDS = ("from_ms", "kind", "gain", "plateaus", "cycle_a", "floor_a", "burst_a", "mean_a", "width_s", "spread")
FIELDS += ("window_ms", "bias_a", "either", "sure")
Levels = namedtuple("Levels", FIELDS)
# gain: readings are divided by it, all amperes here are what is left; plateaus: ((state, A), ...) rising; cycle_a:
# what a compressor adds, 0 for none; floor_a: below it no such unit can be, or 0; burst_a, mean_a: a peak or a mean
# above it is an acquisition, None if none was seen; width_s: what lasts less is a surge; spread: (of value, A) a
# plateau wanders; bias_a: the mean above the least of a quiet window; either: standby and ready are alike; sure: 0 to
# 1

Run = namedtuple("Run", "start_ms end_ms count base mean peak mark")
# like windows: how many, sums of base and mean, highest peak; mark: (place, height)

Spell = namedtuple("Spell", "start_ms end_ms state sure base peak charge_as")

PRICE = 16  # of a window that fits nowhere; whole numbers: a price times 100
DWELL_S, TOGGLE_S = 25, 15  # what must last so long to be a change of state, of the compressor
SINGLE_S = 2.5
HOUR_MS = 3_600_000  # a run lies within one, so that a late reading touches its own hour only
FOLLOWS_MS = 120_000  # from a CT's burst to the PET acquisition it is made for
BREAK_MS = 180_000  # without readings for so long, everything may have changed


def altered(levels, **new):
    """The same Levels but for `new`."""
    return Levels(*[new.get(name, value) for name, value in zip(FIELDS, levels)])


class Rule:
    """One levels record made ready to be laid on readings."""

    def __init__(self, levels):
        self.levels = levels
        cycle = levels.cycle_a
        self.places = [(name, amps, on) for name, amps in levels.plateaus for on in ((0, 1) if cycle else (0,))]
        self.expected = [amps + on * cycle for _name, amps, on in self.places]
        rising = sorted(set(self.expected))
        self.limits = [(low + high) / 2 for low, high in zip(rising, rising[1:])]
        share, amps = levels.spread
        self.width = [max(1e-9, share * value + amps) for value in self.expected]
        self.change = int(100 * PRICE * max(0.45, DWELL_S * 1000 / levels.window_ms))
        self.toggle = int(100 * PRICE * max(0.3, TOGGLE_S * 1000 / levels.window_ms))
        self.burst, self.mean = levels.burst_a, levels.mean_a

    def base(self, mean, least):
        """What flows under the bursts of a window."""
        return mean if least is None else min(mean, least + self.levels.bias_a)

    def mark(self, base, mean, peak):
        """(nearest plateau, 0 quiet or 1 beyond the burst limit or 2 beyond it even with the compressor on)."""
        low, high = 0, len(self.limits)
        while low < high:
            middle = (low + high) // 2
            if self.limits[middle] <= base:
                low = middle + 1
            else:
                high = middle
        height, cycle = 0, self.levels.cycle_a
        if self.burst is not None and (peak > self.burst or mean > self.mean):
            height = 2 if peak > self.burst + cycle or mean > self.mean + cycle else 1
        if base < self.levels.floor_a:
            low = -1
        return low, height

    def prices(self, run):
        """What each place costs for a run."""
        base, out, height = run.base / run.count, [], run.mark[1]
        if run.mark[0] < 0:
            return [0] * len(self.places)
        for place, (name, _amps, on) in enumerate(self.places):
            away = (base - self.expected[place]) / self.width[place]
            if height > (0 if not on else 1) and away > 0:
                away = 4.0 if name == OFF else 1.0 if height == 2 else min(away, 3.0)  # says only: it is not off
            out.append(int(100 * min(PRICE, away * away)) * run.count)
        return out


def runs_of(rule, readings):
    """The runs of sorted (ts_ms, mean, least or None, peak or None), each looked at for itself."""
    out, window = [], rule.levels.window_ms
    start = end = count = hour = 0
    base = mean = peak = 0.0
    mark = None
    apart = rule.levels.width_s < SINGLE_S  # short acquisitions are looked at window by window
    for ts_ms, value, least, most in readings:
        flow = rule.base(value, least)
        top = value if most is None else most
        here = rule.mark(flow, value, top)
        if here != mark or ts_ms - end > BREAK_MS or (apart and here[1]) or ts_ms // HOUR_MS != hour:
            if count:
                out.append(Run(start, end, count, base, mean, peak, mark))
            start, count, base, mean, peak, mark = ts_ms, 0, 0.0, 0.0, top, here
            hour = ts_ms // HOUR_MS
        count += 1
        base += flow
        mean += value
        peak = max(peak, top)
        end = ts_ms + window
    if count:
        out.append(Run(start, end, count, base, mean, peak, mark))
    return out


def places_of(rule, runs):
    """The place of each run on the cheapest way through all. Source: Viterbi 1967, with a price for each change."""
    size, working = len(rule.places), [name == WORKING for name, _amps, _on in rule.places]
    sides = [range(0, size, 2), range(1, size, 2)] if rule.levels.cycle_a else [range(size)]  # compressor off, on
    cost, ways, before, burst_ms, surged = [0] * size, [], None, None, False
    for index, run in enumerate(runs):
        free = before is not None and run.start_ms - before > BREAK_MS
        change, toggle = (0, 0) if free else (rule.change, rule.toggle)
        follows = burst_ms is not None and run.start_ms - burst_ms <= FOLLOWS_MS
        entered = change // 2 if follows else 2 * change  # a level of acquisitions follows bursts at once
        surge = run.mark[1] > 0 and _is_surge(rule, runs, index)
        starts = toggle // 4 if surge or surged else toggle  # a motor that starts is seen to
        surged = surge
        jumps = [min([(cost[place], place) for place in side]) for side in sides]
        prices, fresh, way = rule.prices(run), [], []
        for place in range(size):
            best, origin = cost[place], place
            for side, (least, cheapest) in enumerate(jumps):
                jump = least + (entered if working[place] and not working[cheapest] else change)
                jump += 0 if place in sides[side] else starts if side == 0 else toggle  # both at once is rarer
                if jump < best:
                    best, origin = jump, cheapest
            switch = starts if place % 2 else toggle
            if len(sides) == 2 and cost[place ^ 1] + switch < best:
                best, origin = cost[place ^ 1] + switch, place ^ 1
            fresh.append(best + prices[place])
            way.append(origin)
        least = min(fresh)
        cost = [value - least for value in fresh]
        ways.append(way)
        before = run.end_ms
        if run.mark[1] == 2 and not surge:
            burst_ms = run.end_ms
    return _back(ways, cost.index(min(cost)) if runs else 0)


def _is_surge(rule, runs, at):
    """Whether a single window is what starts a compressor: above the higher of what is around it, it hardly lasts."""
    if runs[at].count > 1:
        return False
    base = max([runs[side].base / runs[side].count for side in (at - 1, at + 1) if 0 <= side < len(runs)] or [0.0])
    return not _lasts(rule, runs, at, at, base)


def _back(ways, place):
    """The places of a way that ends at `place`."""
    out = []
    for way in reversed(ways):
        out.append(place)
        place = way[place]
    out.reverse()
    return out


def acts_of(rule, runs, places):
    """[(first run, last run, start_ms, end_ms, sure)] of acquisitions: windows beyond the limit that are no surge."""
    out, at = [], 0
    while at < len(runs):
        if not _beyond(rule, runs, places, at):
            at += 1
            continue
        last = at
        while (
            last + 1 < len(runs)
            and _beyond(rule, runs, places, last + 1)
            and runs[last + 1].start_ms - runs[last].end_ms < BREAK_MS
        ):
            last += 1
        base = _floor(rule, runs, places, at, last)
        if _lasts(rule, runs, at, last, base):
            out.extend(_parts(rule, runs, places, at, last, base))
        at = last + 1
    return out


def _beyond(rule, runs, places, at):
    """Whether a run lies beyond the burst limit, and not only because the compressor ran for a part of its window."""
    run = runs[at]
    if run.mark[0] < 0 or run.mark[1] <= rule.places[places[at]][2]:
        return False
    return run.mark[1] == 2 or run.count > 1 or not _switches(rule, runs, places, at)


def _switches(rule, runs, places, at):
    """Whether the compressor runs just before or after a run that is said to be without it."""
    for side in (at - 1, at + 1):
        near = 0 <= side < len(runs) and abs(runs[side].start_ms - runs[at].start_ms) < BREAK_MS
        if near and rule.places[places[side]][2]:
            return True
    return False


def _lasts(rule, runs, at, last, base):
    """Whether what flows above `base` would last as long as an acquisition at its peak: a surge is shorter."""
    peak = max([run.peak for run in runs[at : last + 1]]) - base
    flow = sum([run.mean - base * run.count for run in runs[at : last + 1]])
    return peak > 0 and flow * rule.levels.window_ms / 1000 >= rule.levels.width_s * peak


def _parts(rule, runs, places, at, last, base):
    """The acquisitions within runs[at..last]: windows that hold only spin-up or decay of their neighbours part them."""
    window_s = rule.levels.window_ms / 1000
    part, out, begin = min(0.8, 0.35 * window_s) / window_s, [], None
    over = rule.burst + rule.levels.cycle_a * rule.places[places[at]][2]
    for index in range(at, last + 1):
        run = runs[index]
        before = runs[index - 1].peak - base if index > at else 0.0
        after = runs[index + 1].peak - base if index < last else 0.0
        edge = rule.levels.width_s and last > at and run.count == 1
        if edge and run.mean - base < part * (before + 0.5 * after):
            if begin is not None:
                out.append(_act(runs, begin, index - 1, base, over))
                begin = None
        elif begin is None:
            begin = index
    if begin is not None:
        out.append(_act(runs, begin, last, base, over))
    return out


def _act(runs, at, last, base, over):
    peak = max([run.peak for run in runs[at : last + 1]])
    clear = peak - over > 0.15 * (over - base)
    return at, last, runs[at].start_ms, runs[last].end_ms, 1.0 if clear else 0.8


def _floor(rule, runs, places, at, last):
    """The higher of what flows before and after: a surge is followed by what it started."""
    sides = []
    for side in (at - 1, last + 1):
        if 0 <= side < len(runs) and runs[side].mark[0] >= 0:
            near = runs[side].start_ms - runs[last].end_ms if side > last else runs[at].start_ms - runs[side].end_ms
            if near < BREAK_MS:
                sides.append(runs[side].base / runs[side].count)
    expected = [rule.expected[place] for place in places[at : last + 1]]
    return max(sides) if sides else min(expected)


def spells_of(rule, runs):
    """The Spells of runs: what the unit did, from when to when, and how sure that is."""
    places = places_of(rule, runs)
    out, at = [], 0
    for first, last, start, end, sure in acts_of(rule, runs, places):
        for index in range(at, first):
            _append(out, _quiet(rule, runs[index], places[index]))
        _append(out, _working(rule, runs[first : last + 1], start, end, sure))
        at = last + 1
    for index in range(at, len(runs)):
        _append(out, _quiet(rule, runs[index], places[index]))
    return out


def _working(rule, runs, start, end, sure):
    flow = sum([run.mean for run in runs]) * rule.levels.window_ms / 1000
    base = min([run.base / run.count for run in runs])
    peak = max([run.peak for run in runs])
    return Spell(start, end, WORKING, rule.levels.sure * sure, base, peak, flow)


def _quiet(rule, run, place):
    base, sure = run.base / run.count, rule.levels.sure
    away = abs(base - rule.expected[place]) / rule.width[place]
    state = rule.places[place][0]
    if run.mark[0] < 0:
        state, sure = UNKNOWN, 0.0
    elif away > 3:
        sure *= 0.6
    return Spell(run.start_ms, run.end_ms, state, sure, base, run.peak, run.mean * rule.levels.window_ms / 1000)


def _append(out, spell):
    """Add a spell, or lengthen the one before it."""
    if spell.end_ms <= spell.start_ms:
        return
    if out and out[-1].state == spell.state and spell.start_ms - out[-1].end_ms <= BREAK_MS:
        old = out[-1]
        long, more = old.end_ms - old.start_ms, spell.end_ms - spell.start_ms
        sure = (old.sure * long + spell.sure * more) / (long + more)
        out[-1] = Spell(
            old.start_ms, spell.end_ms, old.state, sure, min(old.base, spell.base), max(old.peak, spell.peak),
            old.charge_as + spell.charge_as,
        )  # fmt: skip
    else:
        out.append(spell)
