"""Acquisitions -> examinations, told apart by the pauses learned of this unit. Pure; both Pythons.

An examination runs from its first acquisition to its last. What is done right after switching on and looks unlike this
unit's examinations is warm-up, calibration or a phantom: working, and no examination. See docs/running-state.md.
"""

from collections import namedtuple

from firmware.processing.state import OFF, READY, STANDBY, UNKNOWN, WORKING, Spell

Habits = namedtuple("Habits", "gap_ms visit_ms warm_ms warm usual sure visit_a")
# gap_ms: a longer pause parts two examinations; visit_ms: so does a return to standby that lasts so long, 0 where
# standby cannot be told from ready; warm_ms: how soon after switching on a warm-up begins; warm, usual: (centre,
# width) of each of the FEATURES of warm-ups and of examinations, None where no warm-up was seen; sure: 0 to 1;
# visit_a: a pause in which the current fell below it was such a return, however short; 0.0: does not count

FEATURES = ("acts", "span_s", "act_s", "pause_s")
REST_MS, MORNING_MS = 3 * 3600_000, 120_000
OFF_MS = 1_800_000  # off for less is no morning
Exam = namedtuple("Exam", "start_ms end_ms sure")
Group = namedtuple("Group", "start_ms end_ms acts worked_ms sure since_on_ms margin_ms")
# acquisitions that belong together; since_on_ms: since the unit was switched on if nothing else came between, else
# None; margin_ms: how far the pauses around it lie from the limit, as far as the nearer one


def groups_of(habits, spells):
    """The Groups of spells in the order of time."""
    out, acts = [], []
    on_ms, last_ms = None, spells[0].start_ms if spells else None
    rested_ms = off_ms = 0
    for spell in spells:
        if spell.state == WORKING:
            if acts and _apart(habits, acts[-1].end_ms, spell.start_ms, rested_ms, on_ms):
                out.append(_group(habits, acts, on_ms, spell.start_ms))
                acts, on_ms = [], None
            if not acts and _morning(habits, last_ms, on_ms, spell.start_ms):
                on_ms = spell.start_ms  # after a night at standby the morning begins like after switching on
            acts.append(spell)
            last_ms = spell.end_ms
            rested_ms = off_ms = 0
        elif spell.state in (OFF, UNKNOWN):
            if acts:
                out.append(_group(habits, acts, on_ms, None))
                acts = []
            off_ms = off_ms + spell.end_ms - spell.start_ms if spell.state == OFF else 0
            if off_ms >= OFF_MS:
                on_ms = spell.end_ms
            elif spell.state == UNKNOWN:
                on_ms = last_ms = None
            rested_ms = 0
        elif spell.state == STANDBY or spell.base < habits.visit_a:
            rested_ms = max(rested_ms, spell.end_ms - spell.start_ms)
            if spell.base < habits.visit_a:
                rested_ms = max(rested_ms, habits.visit_ms)
    if acts:
        out.append(_group(habits, acts, on_ms, None))
    return out


def _morning(habits, last_ms, on_ms, start_ms):
    """Whether the first acquisition after hours begins a day, though nothing was switched on just before."""
    rested = last_ms is not None and start_ms - last_ms > REST_MS
    return rested and (on_ms is None or start_ms - on_ms > habits.warm_ms)


def _apart(habits, end_ms, start_ms, rested_ms, on_ms):
    if on_ms is not None and end_ms - on_ms < habits.warm_ms:
        return start_ms - end_ms > max(habits.gap_ms, MORNING_MS)  # a warm-up at standby has pauses of its own
    return start_ms - end_ms > habits.gap_ms or (habits.visit_ms and rested_ms >= habits.visit_ms)


def _group(habits, acts, on_ms, next_ms):
    start, end = acts[0].start_ms, acts[-1].end_ms
    worked = sum([act.end_ms - act.start_ms for act in acts])
    sure = sum([act.sure for act in acts]) / len(acts)
    margins = [habits.gap_ms - (after.start_ms - before.end_ms) for before, after in zip(acts, acts[1:])]
    if next_ms is not None:
        margins.append(abs(next_ms - end - habits.gap_ms))
    since = None if on_ms is None else start - on_ms
    return Group(start, end, len(acts), worked, sure, since, min(margins) if margins else habits.gap_ms)


def features_of(group):
    """What a group looks like, in the order of FEATURES; every one at least 1."""
    span = group.end_ms - group.start_ms
    pause = (span - group.worked_ms) / max(1, group.acts - 1)
    parts = (group.acts, span / 1000, group.worked_ms / group.acts / 1000, pause / 1000)
    return [max(1.0, part) for part in parts]


def is_warm_up(habits, group):
    """Whether a group is the first after switching on, soon after it, and more like warm-ups than like examinations."""
    if habits.warm is None or group.since_on_ms is None or group.since_on_ms > habits.warm_ms:
        return False
    warm = usual = 0.0
    for value, (warm_at, warm_wide), (usual_at, usual_wide) in zip(features_of(group), habits.warm, habits.usual):
        warm += min(9.0, (ratio(value, warm_at) / warm_wide) ** 2)
        usual += min(9.0, (ratio(value, usual_at) / usual_wide) ** 2)
    return warm <= usual + 2.0  # soon after switching on, a warm-up is the likelier


def ratio(value, other):
    """How many times one is the other, in doublings: cheap, even and signless."""
    high, low = (value, other) if value > other else (other, value)
    doublings = 0.0
    while high >= 2 * low:
        low *= 2
        doublings += 1
    return doublings + high / low - 1


def exams_of(habits, spells):
    """The Exams in spells; how sure each is falls where a pause lies near the limit."""
    out = []
    for group in groups_of(habits, spells):
        if not is_warm_up(habits, group):
            near = min(1.0, 0.6 + group.margin_ms / (0.5 * habits.gap_ms + 1))
            out.append(Exam(group.start_ms, group.end_ms, habits.sure * group.sure * near))
    return out


def settled(spells, exams, before_ms, after_ms):
    """Spells of a unit whose standby and ready are one level: ready is what lies within and around an examination."""
    near = [(exam.start_ms - before_ms, exam.end_ms + after_ms) for exam in exams]
    out, at = [], 0
    for spell in spells:
        if spell.state != READY:
            out.append(spell)
            continue
        while at < len(near) and near[at][1] <= spell.start_ms:
            at += 1
        start, place = spell.start_ms, at
        while start < spell.end_ms:
            inside = place < len(near) and near[place][0] <= start
            if place == len(near):
                until = spell.end_ms
            else:
                until = min(spell.end_ms, near[place][1] if inside else near[place][0])
            flow = spell.charge_as * (until - start) / (spell.end_ms - spell.start_ms)
            out.append(Spell(start, until, READY if inside else STANDBY, spell.sure, spell.base, spell.peak, flow))
            start = until
            if inside:
                place += 1
    return joined(out)


def joined(spells):
    """Spells of the same state that touch, as one."""
    out = []
    for spell in spells:
        old = out[-1] if out else None
        if old and old.state == spell.state and old.end_ms == spell.start_ms:
            peak, flow = max(old.peak, spell.peak), old.charge_as + spell.charge_as
            out[-1] = Spell(old.start_ms, spell.end_ms, old.state, min(old.sure, spell.sure), old.base, peak, flow)
        else:
            out.append(spell)
    return out
