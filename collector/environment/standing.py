"""How the surroundings of equipment stand just now: its last values beside the limits that hold, the worst first."""

from collections import namedtuple

from collector import readings
from collector.environment.indicators import CHANNELS, VALUE, Indicator
from collector.environment.inherit import nearest
from collector.environment.judge import verdict
from collector.environment.models import all_rules, machines, terminals_of
from collector.equipment import CHANNEL_GROUPS

ORDER = ("alarm", "warning", "unmeasured", "unlimited", "within")  # what needs a person first comes first
PER_PAGE = 60

# value: in the channel's unit, None when it is invalid; rule: None without a limit; state: one of ORDER
Standing = namedtuple("Standing", ("indicator", "place", "value", "ts_ms", "rule", "state"))
Found = namedtuple("Found", ("entries", "counts", "page", "pages"))  # entries: [(Machine, state, [Standing])]


def standings(scope, settings, now_ms, page=1):
    """The Found of all equipment inside a scope, what needs a person first; a page beyond the last is the last."""
    numbered = {machine.id: machine for machine in machines(scope)}
    told, limits = _told(now_ms), _Limits(now_ms)
    by_state = {state: [] for state in ORDER}
    for machine in numbered.values():
        some = _of_machine(machine, told.get(machine.id, ()), limits, settings, now_ms)
        state = worst(some)
        by_state[state].append((machine, state, some))
    ranked = [entry for entries in by_state.values() for entry in entries]
    pages = max(1, -(-len(ranked) // PER_PAGE))
    page = min(max(page, 1), pages)
    counts = {state: len(entries) for state, entries in by_state.items()}
    return Found(ranked[(page - 1) * PER_PAGE : page * PER_PAGE], counts, page, pages)


def worst(some):
    """One of ORDER for equipment: its worst indicator that has a limit; `unlimited` when none that is measured has."""
    judged = [one.state for one in some if one.rule]
    return min(judged, key=ORDER.index) if judged else "unlimited" if some else "unmeasured"


def standing_of(machine, settings, now_ms):
    """[Standing] of one equipment."""
    return _of_machine(machine, _told(now_ms, machine.id).get(machine.id, ()), _Limits(now_ms), settings, now_ms)


class _Limits:
    """The limits that hold now; equipment of the same model without any of its own shares them."""

    def __init__(self, now_ms):
        self.now_ms, self.rules, self.known = now_ms, all_rules(), {}
        self.own = {rule.target.equipment_id for rule in self.rules} - {None}
        self.shared = [rule for rule in self.rules if rule.target.equipment_id is None]

    def of(self, machine, place):
        """{Indicator: Rule}"""
        own = machine.id if machine.id in self.own else None
        key = (own, machine.kind, machine.maker, machine.model, place)
        if key not in self.known:
            self.known[key] = nearest(self.rules if own else self.shared, machine, place, self.now_ms)
        return self.known[key]


def _told(now_ms, number=None):
    """{number of equipment: [(place, Latest)]} of what has been measured of the surroundings."""
    bindings, latest = terminals_of(now_ms, number), {}
    for one in readings.latest(list({terminal_id for _number, terminal_id, *_rest in bindings})):
        if one.channel in CHANNELS:
            latest.setdefault(one.terminal_id, []).append(one)
    told = {}
    for number, terminal_id, group, place, from_ms in bindings:
        channels, some = CHANNEL_GROUPS[group], latest.get(terminal_id, ())
        own = [(place, one) for one in some if one.channel in channels and one.ts_ms >= from_ms]
        told.setdefault(number, []).extend(own)
    return told


def _of_machine(machine, told, limits, settings, now_ms):
    """[Standing] of what was measured, in the order of CHANNELS; of two terminals at a place the newer one speaks."""
    newest = {}
    for place, one in sorted(told, key=lambda pair: pair[1].ts_ms):
        newest[(CHANNELS.index(one.channel), place)] = one
    found = []
    for (_at, place), one in sorted(newest.items()):
        indicator = Indicator(one.channel, VALUE)
        rule = limits.of(machine, place).get(indicator)
        silent = now_ms - one.ts_ms > settings["silent_after_s"] * 1000
        found.append(Standing(indicator, place, one.value, one.ts_ms, rule, _state(rule, one.value, silent)))
    return found


def _state(rule, value, silent):
    if rule is None:
        return "unlimited"
    return "unmeasured" if silent or value is None else verdict(rule, value)
