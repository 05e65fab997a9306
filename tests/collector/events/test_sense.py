"""Rules that cannot work are told before they are saved: what, where, and which value."""

import pytest

from collector.events import sense, shape
from collector.events.rules import Rule


def above(limit, channel="temperature_c", **more):
    return {"kind": "above", "channel": channel, "limit": limit, **more}


def below(limit, channel="temperature_c", **more):
    return {"kind": "below", "channel": channel, "limit": limit, **more}


def every(*parts):
    return {"kind": "all", "of": list(parts)}


def either(*parts):
    return {"kind": "any", "of": list(parts)}


def state(*states):
    return {"kind": "state", "states": list(states)}


def schedule(days, from_min, to_min):
    return {"kind": "schedule", "days": days, "from_min": from_min, "to_min": to_min}


GOOD = [
    above(28.0, hysteresis=1),
    every(above(28.0), below(40.0)),
    every(above(80, "humidity_pct"), either(below(10), above(30)), state("working"), schedule([1, 2], 480, 1080)),
    {"kind": "rises", "channel": "temperature_c", "by": 3.0, "within_s": 300},
    {"kind": "unlike", "channel": "current_a", "times": 4, "days": 14},
    {"kind": "silent", "after_s": 600},
    {"kind": "bad", "channel": "voltage_v"},
]

WRONG = [
    (every(above(30), below(20)), "never"),
    (every(above(30), below(30)), "never"),
    (above(200.0), "never"),
    (every(state("working"), state("off", "standby")), "never"),
    (every(schedule([1], 0, 60), schedule([2], 0, 60)), "never"),
    ({"kind": "rises", "channel": "humidity_pct", "by": 101, "within_s": 60}, "never"),
    (either(above(20), below(30)), "always"),
    (below(1000.0), "always"),
    (either(state("off", "standby"), state("ready", "working")), "always"),
    (above(-5, "humidity_pct"), "always"),
    (above(3, "humidity_pct", hysteresis=5), "never_clears"),
    ({"kind": "falls", "channel": "temperature_c", "by": 2, "within_s": 60, "hysteresis": 2}, "never_clears"),
]

UNSHAPED = [
    ("28", "condition", "kind"),
    ({"kind": "over", "limit": 3}, "condition", "kind"),
    ({"kind": "above", "channel": "heat", "limit": 3}, "condition.channel", "channel"),
    ({"kind": "above", "channel": "temperature_c"}, "condition.limit", "missing"),
    (above("28"), "condition.limit", "number"),
    (above(float("nan")), "condition.limit", "number"),
    (above(float("inf")), "condition.limit", "number"),
    (above(True), "condition.limit", "number"),
    (above(28, hysteresis=-1), "condition.hysteresis", "positive"),
    (above(28, colour="red"), "condition.colour", "unknown"),
    (every(above(28)), "condition.of", "parts"),
    (every(above(28), state("asleep")), "condition.2.states", "choice"),
    (every(above(28), {"kind": "silent", "after_s": 60}), "condition.2", "silent_alone"),
    (schedule([8], 0, 60), "condition.days", "choice"),
    (schedule([1], 0, 1441), "condition.to_min", "range"),
    (every(above(28), every(above(1), every(above(1), every(above(1), above(2))))), "condition.2.2.2.1", "depth"),
]


@pytest.mark.parametrize("condition", GOOD, ids=str)
def test_a_good_rule_has_no_finding(condition):
    rule = Rule(1, condition, 60, 60)
    assert shape.findings(rule) == [] and sense.findings(rule) == []


@pytest.mark.parametrize("condition,what", WRONG, ids=str)
def test_a_rule_that_never_can_or_always_does_is_told(condition, what):
    rule = Rule(1, condition)
    assert shape.findings(rule) == [] and [one[1] for one in sense.findings(rule)] == [what]


@pytest.mark.parametrize("condition,where,what", UNSHAPED, ids=str)
def test_a_field_that_is_wrong_is_named(condition, where, what):
    assert shape.findings(Rule(1, condition))[0][:2] == (where, what)


def test_two_rules_of_which_one_is_always_raised_contradict_each_other():
    others = [("cold", Rule(2, below(25))), ("hot", Rule(3, above(40)))]
    assert sense.findings(Rule(1, above(20)), others) == [("condition", "contradicts", "cold")]


@pytest.mark.parametrize(
    "steps,what",
    [
        ([(27, "critical")], "outwards"),
        ([(32, "warning")], "outwards"),
        ([(32, "serious"), (31, "critical")], "outwards"),
        ([(float("nan"), "critical")], "number"),
        ([(32, "awful")], "choice"),
    ],
)
def test_steps_go_outwards_and_rise(steps, what):
    assert shape.findings(Rule(1, above(28), 0, 0, "warning", steps))[0][1] == what
    assert shape.findings(Rule(1, above(28), 0, 0, "warning", [(30, "serious"), (32, "critical")])) == []


def test_durations_and_severities_have_bounds():
    rule = Rule(1, above(28), -1, 10**9, "dire")
    assert [one[:2] for one in shape.findings(rule)] == [
        ("for_s", "seconds"),
        ("clear_s", "seconds"),
        ("severity", "choice"),
    ]
