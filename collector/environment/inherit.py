"""Which rule holds for an equipment, a place and an instant: the nearest of equipment, model, maker, class, default.

No I/O; the time is an argument. Rules are only ever added: a later rule of the same target, indicator and place takes
over from its own beginning, and one without levels hands back to what is inherited.
"""

from collections import namedtuple

from collector.environment.indicators import Indicator

ANYWHERE = ""  # as a rule's place: wherever the terminal hangs
LEVELS = ("equipment", "model", "maker", "class", "default")  # the nearest first
BOUNDS = ("low_alarm", "low_warning", "high_warning", "high_alarm")  # in this order from the lowest to the highest


class Target(namedtuple("Target", ("kind", "maker", "model", "equipment_id"))):
    """Whom a rule is for; what is None is not asked. A model is one of its maker's, a maker's of one class."""

    @property
    def level(self):
        """One of LEVELS."""
        named = (self.equipment_id, self.model, self.maker, self.kind)
        return next((level for level, part in zip(LEVELS, named, strict=False) if part is not None), "default")

    def reaches(self, machine):
        """Whether it is for an equipment: anything with id, kind, maker and model."""
        if self.equipment_id is not None:
            return self.equipment_id == machine.id
        asked = ((self.kind, machine.kind), (self.maker, machine.maker), (self.model, machine.model))
        return all(part is None or part == own for part, own in asked)


# number: the row's, None of a default; from_ms <= instant < to_ms, to_ms None: without an end
Rule = namedtuple(
    "Rule",
    ("number", "target", "channel", "what", "place", *BOUNDS, "source", "from_ms", "to_ms")
    + ("reason", "actor", "created_ms"),
)


def indicator_of(rule):
    """The Indicator a rule is about."""
    return Indicator(rule.channel, rule.what)


def says_nothing(rule):
    """Whether it hands back to what is inherited."""
    return all(getattr(rule, bound) is None for bound in BOUNDS)


def key_of(rule):
    """What only one rule holds for at an instant; a default is nobody's, and comes back where what was set ends."""
    return rule.number is None, rule.target, rule.channel, rule.what, rule.place


def valid(rules, ts_ms):
    """[Rule] of those that hold at an instant, one for each target, indicator and place."""
    newest = {}
    for rule in rules:
        if rule.from_ms <= ts_ms and rule.from_ms >= newest.get(key_of(rule), rule).from_ms:
            newest[key_of(rule)] = rule
    return [one for one in newest.values() if not says_nothing(one) and (one.to_ms is None or ts_ms < one.to_ms)]


def nearest(rules, machine, place, ts_ms):
    """{Indicator: Rule} for an equipment's terminal at a place; a rule of that place goes before one of any place."""
    found = {}
    for rule in valid(reaching(rules, machine, place), ts_ms):
        known = found.get(indicator_of(rule))
        if known is None or _distance(rule) < _distance(known):
            found[indicator_of(rule)] = rule
    return found


def reaching(rules, machine, place):
    """[Rule] that could ever hold for an equipment's terminal at a place."""
    return [rule for rule in rules if rule.place in (ANYWHERE, place) and rule.target.reaches(machine)]


def level_of(rule):
    """One of LEVELS: a default is further away than all that people set, also where it is for one class."""
    return "default" if rule.number is None else rule.target.level


def _distance(rule):
    return LEVELS.index(level_of(rule)), rule.place == ANYWHERE


def stretches(rules, machine, place, from_ms, to_ms):
    """{Indicator: [(from_ms, to_ms, Rule)]} of a span, in order; time without any rule is left out."""
    rules = reaching(rules, machine, place)
    ends = {end for rule in rules for end in (rule.from_ms, rule.to_ms) if end is not None and from_ms < end < to_ms}
    cuts, found = [from_ms, *sorted(ends), to_ms], {}
    for start, end in zip(cuts, cuts[1:], strict=False):
        for indicator, rule in nearest(rules, machine, place, start).items():
            before = found.setdefault(indicator, [])
            if before and before[-1][1] == start and before[-1][2] == rule:
                before[-1] = (before[-1][0], end, rule)
            else:
                before.append((start, end, rule))
    return found
