"""Each kind of rule fires once and clears once on traces with noise at the limit, however readings are dealt out."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.events.conditions import Trace
from collector.events.rules import Rule, judge, lines, read, written

START_MS = 1_767_225_600_000  # Thursday 2026-01-01, 08:00 in Shanghai
WINDOW_MS = 10_000
NOISE = np.random.default_rng(7)


def trace(values, channel="temperature_c", states=None, start_ms=START_MS, **more):
    """Readings every ten seconds; None is a value that was measured and bad, nan one that was not measured."""
    found = np.array([np.nan if value is None else value for value in values], float)
    bad = {channel: np.array([value is None for value in values])} if None in list(values) else {}
    ts_ms = start_ms + WINDOW_MS * np.arange(len(found))
    states = None if states is None else np.array(states)
    return Trace(ts_ms, {channel: found, **more}, bad, states, zone="Asia/Shanghai")


def rows(found, keep):
    """A Trace of some of its rows."""
    values, bad = ({name: one[keep] for name, one in part.items()} for part in (found.values, found.bad))
    states = None if found.states is None else found.states[keep]
    return Trace(found.ts_ms[keep], values, bad, states, zone=found.zone)


def told(rule, *traces):
    """[(key, raised, row)] of a rule over traces that follow each other, its memory written down in between."""
    memory, out, behind = {}, [], 0
    for one in traces:
        edges, memory = judge(lines(rule), read(json.loads(json.dumps(written(memory)))), one)
        out += [(line.key, edge.raised, behind + edge.row) for line, edge in edges]
        behind += len(one.ts_ms)
    return out


def noisy(*levels, of=60, noise=0.3):
    """Stretches of so many readings at levels, with noise."""
    return np.concatenate([np.full(of, level) + NOISE.normal(0, noise, of) for level in levels])


ABOVE = {"kind": "above", "channel": "temperature_c", "limit": 28.0, "hysteresis": 2.0}
WORKING = {"kind": "state", "states": ["working"]}
HUMID = {"kind": "above", "channel": "humidity_pct", "limit": 70, "hysteresis": 5}
DAYTIME = {"kind": "schedule", "days": [4], "from_min": 480, "to_min": 500}

# name: (condition, for_s, clear_s, trace, first and last reading at which it may be raised, and cleared)
KINDS = {
    "threshold": (ABOVE, 0, 0, trace(noisy(24, 28, 31, 24)), (60, 125), (180, 185)),
    "duration": (ABOVE, 60, 60, trace(noisy(24, 28, 31, 24)), (66, 140), (186, 195)),
    "below": (ABOVE | {"kind": "below", "limit": 18.0}, 0, 0, trace(noisy(22, 18, 22)), (60, 75), (120, 125)),
    "rise": (
        {"kind": "rises", "channel": "temperature_c", "by": 3.0, "within_s": 120, "hysteresis": 1.5}, 0, 0,
        trace(np.concatenate([noisy(22), np.linspace(22, 30, 24) + NOISE.normal(0, 0.1, 24), noisy(30)])),
        (62, 75), (84, 100),
    ),
    "fall": (
        {"kind": "falls", "channel": "temperature_c", "by": 3.0, "within_s": 120, "hysteresis": 1.5}, 0, 0,
        trace(np.concatenate([noisy(30), np.linspace(30, 22, 24) + NOISE.normal(0, 0.1, 24), noisy(22)])),
        (62, 75), (84, 100),
    ),
    "bad values": (
        {"kind": "bad", "channel": "temperature_c"}, 60, 60,
        trace([*noisy(22), *[None, None, 22.0] * 2, *[None] * 20, *noisy(22)]), (72, 73), (92, 93),
    ),
    "while working": (
        {"kind": "all", "of": [ABOVE, WORKING]}, 60, 0,
        trace(noisy(31, 31, 31, 31), states=["standby"] * 60 + ["working"] * 120 + ["standby"] * 60),
        (66, 68), (180, 181),
    ),
    "on a schedule": (
        {"kind": "all", "of": [ABOVE, DAYTIME]}, 0, 0,
        trace(noisy(31, 31, 31, 31, 31, 31), start_ms=START_MS - 600_000), (60, 61), (180, 181),
    ),
    "two channels": (
        {"kind": "all", "of": [ABOVE, HUMID]}, 0, 0,
        trace(noisy(31, 31, 31, 31), humidity_pct=noisy(50, 60, 75, 50, noise=0.5)), (120, 121), (180, 183),
    ),
    "either channel": (
        {"kind": "any", "of": [ABOVE, HUMID]}, 0, 0,
        trace(noisy(24, 31, 24, 24), humidity_pct=noisy(50, 75, 75, 50, noise=0.5)), (60, 61), (180, 183),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_raised_once_and_cleared_once_with_noise_at_the_limit(name):
    condition, for_s, clear_s, found, raised_in, cleared_in = KINDS[name]
    (_, raised, up), (_, cleared, down) = told(Rule(1, condition, for_s, clear_s), found)
    assert raised and not cleared
    assert raised_in[0] <= up <= raised_in[1] and cleared_in[0] <= down <= cleared_in[1]


@pytest.mark.parametrize("name", KINDS)
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_it_is_the_same_in_batches_of_any_size_with_a_restart_between_any_two(name, data):
    condition, for_s, clear_s, found, _, _ = KINDS[name]
    count = len(found.ts_ms)
    cuts = sorted(data.draw(st.sets(st.integers(1, count - 1), max_size=12)))
    parts = [rows(found, slice(first, last)) for first, last in zip([0, *cuts], [*cuts, count], strict=True)]
    rule = Rule(1, condition, for_s, clear_s)
    assert told(rule, *parts) == told(rule, found)


def test_an_excursion_shorter_than_its_duration_is_none():
    assert told(Rule(1, ABOVE, 60), trace([24, *[31] * 6, 24, 24])) == []
    assert len(told(Rule(1, ABOVE, 60), trace([24, *[31] * 7, 24, 24]))) == 2


def test_what_is_not_known_neither_raises_nor_clears():
    nan = float("nan")
    assert told(Rule(1, ABOVE), trace([31, nan, None, 27, nan, 31])) == [("1", True, 0)]
    assert told(Rule(1, {"kind": "all", "of": [ABOVE, WORKING]}), trace([31] * 9, states=[""] * 9)) == []
    assert told(Rule(1, ABOVE), trace([31, 31], channel="humidity_pct")) == []


def test_a_worse_limit_is_a_step_of_the_same_rule():
    rule = Rule(1, ABOVE, 0, 0, "warning", [(32, "critical")])
    found = told(rule, trace([24, 29, 31, 33, 31, 29.5, 33, 24]))
    assert found == [
        ("1", True, 1), ("1.1", True, 3), ("1.1", False, 5), ("1.1", True, 6), ("1", False, 7), ("1.1", False, 7)
    ]  # fmt: skip
    assert lines(Rule(1, {"kind": "all", "of": [WORKING, ABOVE]}, steps=[(32, "critical")]))[1].condition == {
        "kind": "all",
        "of": [WORKING, ABOVE | {"limit": 32}],
    }


def test_a_clock_that_is_set_back_does_not_hold_a_rule_up():
    ahead, behind = trace([31, 31], start_ms=START_MS + 3_600_000), trace([31] * 8)
    assert told(Rule(1, ABOVE, 60), ahead, behind) == [("1", True, 8)]


def test_a_schedule_may_go_past_midnight():
    night = {"kind": "schedule", "days": [4], "from_min": 1320, "to_min": 360}
    friday_0200 = START_MS + (24 - 8 + 2) * 3_600_000
    rule = Rule(1, {"kind": "all", "of": [ABOVE, night]})
    assert told(rule, trace([31], start_ms=friday_0200)) == [("1", True, 0)]
    assert told(rule, trace([31], start_ms=friday_0200 - 86_400_000)) == []


@given(st.lists(st.sampled_from([24.0, 27.0, 29.0, 33.0, float("nan")]), min_size=1, max_size=60), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_raise_and_clear_take_turns_and_say_what_the_definition_says(values, windows):
    found, expected, since, raised = told(Rule(1, ABOVE, windows * 10, 0), trace(values)), [], None, False
    for row, value in enumerate(values):
        if raised and value <= 26:
            raised, since = False, None
            expected.append(("1", False, row))
        elif not raised and value <= 26:
            since = None
        elif not raised and value > 28:
            since = row if since is None else since
            if row - since >= windows:
                raised = True
                expected.append(("1", True, row))
    assert found == expected
