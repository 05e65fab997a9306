"""Which rules an equipment is judged by: those that people made, and the limits of its surroundings."""

from collections import namedtuple

from collector import environment
from collector.equipment import Equipment
from collector.events import history, nearby
from collector.events.conditions import leaves
from collector.events.models import RuleVersion
from collector.events.rules import Rule, lines

CLEAR_S = 60  # the surroundings have to be within their limits for so long
HOUR_S = 3600
# How far back a value has to be, in its unit; a hundredth of the limit for others
HYSTERESIS = {"temperature_c": 0.5, "humidity_pct": 2.0, "frequency_hz": 0.1, "water_supply_c": 0.5}
WARNING, ALARM = "warning", "serious"

TYPES = {
    "above": "limit",
    "below": "limit",
    "rises": "change",
    "falls": "change",
    "bad": "bad_value",
    "silent": "silence",
    "state": "state",
    "schedule": "state",
    "unlike": "unlike",
    "all": "combined",
    "any": "combined",
}
ENVIRONMENT = "environment"

# name: what people call it, "" of a built-in one
Entry = namedtuple("Entry", ("rule", "name", "type"))


def version():
    """What changes with every change of any rule or limit."""
    return RuleVersion.newest(), environment.version()


class Book:
    """All rules and limits that hold at an instant, looked up once for however many equipment."""

    def __init__(self, ts_ms):
        self._ts_ms, self._limits = ts_ms, environment.Limits(ts_ms)
        self._made = [(one, one.rule()) for one in RuleVersion.valid()]
        self._types, self._surroundings = Equipment.types(), {}

    def entries(self, terminal_id, held, is_shared=False):
        """({name: Entry} of what a terminal can judge for the equipment of a Held, whether they are its alone).

        is_shared: whether other terminals measure the same equipment.
        """
        machine = self._types.get(held.equipment_id) or Equipment.get_by_id(held.equipment_id)  # registered since
        made = [(one, rule) for one, rule in self._made if one.reaches(machine)]
        is_own = any(leaf["kind"] == "unlike" for _one, rule in made for leaf in leaves(rule.condition))
        found = [
            Entry(rule._replace(condition=_widened(condition, is_shared)), one.name, TYPES[rule.condition["kind"]])
            for one, rule in made
            if (condition := history.resolved(rule.condition, terminal_id, self._ts_ms)) is not None
        ]
        found += self._of_surroundings(machine, held.place)
        return {one.rule.name: one for one in found if _asks_only(one.rule.condition, held.channels)}, is_own

    def _of_surroundings(self, machine, place):
        key = self._limits.key_of(machine, place)
        if key not in self._surroundings:
            rules = _surroundings(self._limits.of(machine, place))
            self._surroundings[key] = [Entry(rule, "", ENVIRONMENT) for rule in rules]
        return self._surroundings[key]


def lines_of(found):
    """[Line] of {name: Entry}."""
    return [line for entry in found.values() for line in lines(entry.rule)]


def _widened(condition, is_shared):
    return nearby.widened(condition) if is_shared else condition


def _asks_only(condition, channels):
    """Whether readings of these channels decide: what falls silent says the clock (watch.py)."""
    asked, _near = nearby.channels_of(leaf["channel"] for leaf in leaves(condition) if "channel" in leaf)
    return condition["kind"] != "silent" and set(asked) <= set(channels)


def _surroundings(limits):
    for indicator, limit in limits.items():
        if indicator.what == environment.VALUE:
            yield from _sides(indicator.channel, limit)
        else:
            yield from _moves(indicator.channel, limit.high_warning, limit.high_alarm)


def _sides(channel, limit):
    """A Rule for each side that has a level; the alarm is a step of the warning."""
    for kind, warning, alarm in (
        ("above", limit.high_warning, limit.high_alarm),
        ("below", limit.low_warning, limit.low_alarm),
    ):
        name = f"environment {channel} {kind}"
        yield from _levels(name, warning, alarm, lambda level, kind=kind: _beyond(kind, channel, level))


def _beyond(kind, channel, level):
    hysteresis = HYSTERESIS.get(channel, abs(level) / 100)
    return {"kind": kind, "channel": channel, "limit": level, "hysteresis": hysteresis}


def _moves(channel, warning, alarm):
    def moved(level):
        parts = [{"kind": kind, "channel": channel, "by": level, "within_s": HOUR_S} for kind in ("rises", "falls")]
        return {"kind": "any", "of": parts}

    if warning is not None:
        yield Rule(f"environment {channel} change", moved(warning), 0, CLEAR_S, WARNING)
    if alarm is not None:
        yield Rule(f"environment {channel} change alarm", moved(alarm), 0, CLEAR_S, ALARM)


def _levels(name, warning, alarm, condition):
    if warning is not None and warning != alarm:
        steps = [] if alarm is None else [(alarm, ALARM)]
        yield Rule(name, condition(warning), 0, CLEAR_S, WARNING, steps)
    elif alarm is not None:
        yield Rule(name, condition(alarm), 0, CLEAR_S, ALARM)
