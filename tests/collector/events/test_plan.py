"""Many rules over many terminals at once say what each rule says alone over each terminal's readings."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.events import plan, rules
from collector.events.conditions import Trace
from collector.events.plan import Plan, Stretches
from collector.events.rules import Rule

START_MS = 1_767_225_600_000
NAN = float("nan")
CHANNELS = ("temperature_c", "humidity_pct")
LEVELS = st.sampled_from([18.0, 20.0, 22.0, 24.0, 26.0, 28.0, NAN])

leaf = st.one_of(
    st.builds(
        lambda kind, channel, limit, hysteresis: {
            "kind": kind, "channel": channel, "limit": limit, "hysteresis": hysteresis,
        },
        st.sampled_from(["above", "below"]), st.sampled_from(CHANNELS), LEVELS.filter(lambda one: one == one),
        st.sampled_from([0, 1.5, 4]),
    ),
    st.builds(
        lambda kind, by, within_s: {"kind": kind, "channel": "temperature_c", "by": by, "within_s": within_s},
        st.sampled_from(["rises", "falls"]), st.sampled_from([2.0, 4.0]), st.sampled_from([40, 160]),
    ),
    st.just({"kind": "state", "states": ["working"]}),
    st.just({"kind": "bad", "channel": "humidity_pct"}),
    st.just({"kind": "schedule", "days": [4], "from_min": 480, "to_min": 482}),
)  # fmt: skip
condition = st.recursive(
    leaf,
    lambda inner: st.builds(
        lambda kind, parts: {"kind": kind, "of": parts},
        st.sampled_from(["all", "any"]),
        st.lists(inner, min_size=2, max_size=3),
    ),
    max_leaves=5,
)
rule = st.builds(
    lambda condition, for_s, clear_s: (condition, for_s, clear_s),
    condition, st.sampled_from([0, 20]), st.sampled_from([0, 30]),
)  # fmt: skip
reading = st.tuples(LEVELS, LEVELS, st.booleans(), st.sampled_from(["", "working", "standby"]))


def trace_of(found, first):
    """A Trace of readings every ten seconds, the first of them so many windows after the start."""
    temperature, humidity, bad, states = ([one[at] for one in found] for at in range(4))
    humidity = np.where(bad, np.nan, np.array(humidity))
    ts_ms = START_MS + 10_000 * (first + np.arange(len(found)))
    values = {"temperature_c": np.array(temperature), "humidity_pct": humidity}
    return Trace(ts_ms, values, {"humidity_pct": np.array(bad)}, np.array(states), zone="Asia/Shanghai")


def joined(traces):
    """The Stretches of traces side by side."""
    lengths = [len(one.ts_ms) for one in traces]
    values, bad = (
        {name: np.concatenate([getattr(one, part)[name] for one in traces]) for name in getattr(traces[0], part)}
        for part in ("values", "bad")
    )
    states = np.concatenate([one.states for one in traces])
    ts_ms = np.concatenate([one.ts_ms for one in traces])
    return Stretches(Trace(ts_ms, values, bad, states, zone="Asia/Shanghai"), np.cumsum([0, *lengths[:-1]]))


def restarted(memory):
    """The same after it was written down and read again."""
    return rules.read(json.loads(json.dumps(rules.written(memory))))


@given(
    st.lists(rule, min_size=1, max_size=6),
    st.lists(st.lists(st.lists(reading, min_size=1, max_size=6), min_size=3, max_size=3), min_size=1, max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_side_by_side_is_one_by_one(some, batches):
    lines = [line for at, one in enumerate(some, 1) for line in rules.lines(Rule(at, *one))]
    together, apart, first = [{}] * 3, [{}] * 3, 0
    for batch in batches:
        traces = [trace_of(found, first) for found in batch]
        first += max(map(len, batch))
        told, changed = plan.judge(Plan(lines), together, joined(traces))
        together = [restarted(changed.get(at, memory)) for at, memory in enumerate(together)]
        for at, one in enumerate(traces):
            expected, apart[at] = rules.judge(lines, apart[at], one)
            mine = [(line.key, edge) for number, line, edge in told if number == at]
            assert sorted(mine) == sorted((line.key, edge) for line, edge in expected)
            assert rules.written(together[at]) == rules.written(apart[at])


def test_steady_readings_change_no_memory_and_look_at_no_rule():
    lines = rules.lines(Rule(1, {"kind": "above", "channel": "temperature_c", "limit": 28.0}, 60, 60))
    calm = [(22.0, 22.0, False, "working")] * 5
    assert plan.judge(Plan(lines), [{}, {}, {}], joined([trace_of(calm, 0)] * 3)) == ([], {})
