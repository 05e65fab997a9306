"""Whom a limit would reach before it is set: who takes it over, who keeps a nearer one, where nobody measures it."""

from collections import namedtuple

from collector import readings
from collector.environment.inherit import ANYWHERE, LEVELS, level_of, nearest
from collector.environment.models import all_rules, reached_by
from collector.equipment import Binding

# nearer: the Rule that goes on to hold instead, or None; measured: whether a terminal measures it there now
Reached = namedtuple("Reached", ("machine", "nearer", "measured"))


def reached(target, indicator, place, scope, ts_ms):
    """[Reached] of all equipment inside a scope that a Target reaches, for a limit of a place that begins at ts_ms."""
    rules, found = all_rules(), []
    measured = _measured(indicator, place, ts_ms)
    for machine in reached_by(target, scope):
        holds = nearest(rules, machine, place, ts_ms).get(indicator)
        is_nearer = holds is not None and _rank(holds) < (LEVELS.index(target.level), place == ANYWHERE)
        found.append(Reached(machine, holds if is_nearer else None, machine.id in measured))
    return found


def _rank(rule):
    return LEVELS.index(level_of(rule)), rule.place == ANYWHERE


def _measured(indicator, place, ts_ms):
    """The numbers of equipment with a terminal at a place that ever measured the channel."""
    bindings = [one for one in Binding.valid_at(ts_ms) if indicator.channel in one.channels]
    bindings = [one for one in bindings if place in (ANYWHERE, one.place)]
    latest = readings.latest(list({one.terminal_id for one in bindings}))
    measuring = {one.terminal_id for one in latest if one.channel == indicator.channel}
    return {one.equipment_id for one in bindings if one.terminal_id in measuring}
