"""Rules of which each terminal of one equipment knows a part: raised once, cleared once, by who measures the first."""

import json

import pytest

from collector import equipment, events
from collector.events import Event, Judging, Rule, bundle
from collector.following import Following
from tests.collector.site import block, now_ms

CURRENT = {"kind": "above", "channel": "current_a", "limit": 20.0, "hysteresis": 1.0}
HOT = {"kind": "above", "channel": "temperature_c", "limit": 35.0, "hysteresis": 1.0}
WAY = {"ct-01": ("gw-1", "current_a", 1000), "mri-01": ("gw-2", "temperature_c", 100)}


class Two:
    """One machine with a terminal at its cable and another one at its cabinet, every ten seconds."""

    def __init__(self, site):
        self.site, self.start_ms, self.number = site, now_ms() - 3_600_000, {"ct-01": 0, "mri-01": 0}
        equipment.bind("mri-01", "A-0001", now_ms(), from_ms=0)
        self.restart()

    def restart(self):
        self.following = Following([Judging()])
        self.following.go_on(now_ms())

    def measure(self, terminal_id, *values, later_s=0):
        gateway, channel, scale = WAY[terminal_id]
        self.start_ms += later_s * 1000
        first = self.number[terminal_id] + 1
        self.number[terminal_id] += len(values)
        columns = {channel: [round(scale * value) for value in values]}
        start_ms = self.start_ms + first * 10_000 + (terminal_id == "ct-01") * 2_000
        self.site.upload(block(first, len(values), terminal_id, start_ms, columns=columns), gateway=gateway)
        self.following.go_on(now_ms())

    def steps(self):
        found = Event.select().where(Event.rule == "rule 1").order_by(Event.id)
        return [(one.subject, [step.action for step in one.steps]) for one in found]


@pytest.fixture
def two(site):
    with site.app.app_context():
        yield Two(site)


def keep(kind, *parts):
    events.keep_rule("both", {}, Rule("", {"kind": kind, "of": list(parts)}), "a test", now_ms())


@pytest.mark.parametrize("restart", [False, True])
def test_a_rule_over_two_terminals_is_raised_once_and_cleared_once(two, restart):
    keep("all", CURRENT, HOT)
    for temperature_c, current_a in ((22, 25), (35.1, 5), (35.1, 25), (34.9, 25), (35.1, 25), (34.2, 20.5)):
        two.measure("mri-01", temperature_c)
        two.measure("ct-01", current_a)
        if restart:
            two.restart()
    assert two.steps() == [("ct-01", ["raised"])]
    event = Event.get(Event.rule == "rule 1")
    known = json.loads(event.context)
    assert (known["values"]["current_a"], known["beside"]["mri-01"]["temperature_c"]) == (25.0, 35.1)
    two.measure("mri-01", 22)
    two.measure("ct-01", 25)
    assert two.steps() == [("ct-01", ["raised", "cleared"])]
    lines = b"".join(bundle.readings_of(event, now_ms())).decode().splitlines()
    assert {tuple(line.split(",")[1:3]) for line in lines[1:]} >= {("ct-01", "current_a"), ("mri-01", "temperature_c")}


def test_what_the_other_one_measured_long_ago_neither_raises_nor_clears(two):
    keep("all", CURRENT, HOT)
    two.measure("mri-01", 36)
    two.measure("ct-01", 5)
    two.measure("ct-01", 25, later_s=150)
    assert two.steps() == []
    two.measure("mri-01", 36)
    two.measure("ct-01", 25)
    two.measure("ct-01", 25, later_s=600)
    assert two.steps() == [("ct-01", ["raised"])]


def test_where_one_part_is_enough_each_terminal_tells_of_its_own(two):
    keep("any", CURRENT, HOT)
    two.measure("mri-01", 22, 36)
    two.measure("ct-01", 5, 5)
    assert two.steps() == [("mri-01", ["raised"])]


def test_a_preview_sees_both_terminals(two):
    two.measure("mri-01", 22, 36, 36, 22, 22)
    two.measure("ct-01", 25, 25, 5, 25, 25)
    rule = Rule("", {"kind": "all", "of": [CURRENT, HOT]})
    found = events.preview.preview(rule, equipment.equipment_named("A-0001"), now_ms(), days=1)
    assert [round((ended - began) / 10_000) for began, ended in found.spans] == [1] and found.judged
