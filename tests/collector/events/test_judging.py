"""What is uploaded is judged once it is stored: events begin, get worse, end, through restarts and late readings."""

import json

import pytest

from collector import db, equipment, events, gateways
from collector.errors import ActionError
from collector.events import Event, Judging, Rule, RuleVersion, Watch
from collector.following import Following
from tests.collector.site import CT, block, now_ms

HOUR_MS = 3_600_000
HOT = {"kind": "above", "channel": "temperature_c", "limit": 35.0, "hysteresis": 1.0}
CURRENT = {"kind": "above", "channel": "current_a", "limit": 20.0, "hysteresis": 1.0}


class Watched:
    """The hospital with its readings judged; `restart` forgets what is not kept."""

    def __init__(self, site):
        self.site, self.number, self.start_ms = site, 0, now_ms() - 3_600_000
        self.restart()
        self.follow()

    def restart(self):
        self.following = Following([Judging()])

    def follow(self):
        self.following.go_on(now_ms())

    def measure(self, *temperatures, current_a=5, first=None, terminal_id="ct-01"):
        first = self.number + 1 if first is None else first
        count = len(temperatures)
        columns = {"temperature_c": [round(100 * one) for one in temperatures], "current_a": [1000 * current_a] * count}
        self.site.upload(block(first, count, terminal_id, self.start_ms + first * 10_000, columns=columns))
        self.number = max(self.number, first + count - 1)
        self.follow()

    def told(self, rule=None):
        found = Event.select().order_by(Event.id)
        return [
            (one.rule, one.severity, (one.raised_ms - self.start_ms) // 10_000, one.is_raised)
            for one in found
            if rule is None or one.rule == rule
        ]


@pytest.fixture
def watched(site):
    with site.app.app_context():
        yield Watched(site)


ABOVE = "environment temperature_c above"


def test_the_limits_of_the_surroundings_are_judged_by_themselves(watched):
    watched.measure(22, 23, 25.0, 31.0, 31.2)
    assert watched.told() == [(ABOVE, "serious", 3, True)]
    (event,) = Event.select()
    assert json.loads(event.said)["value"] == 31.0 and event.equipment.asset_number == "A-0001" and event.late
    assert json.loads(event.context)["values"]["current_a"] == 5.0
    assert [step.action for step in event.steps] == ["raised", "worse"]
    watched.measure(*[23.9] * 3, *[23.0] * 7)
    assert watched.told() == [(ABOVE, "serious", 3, False)]
    assert [step.action for step in event.steps] == ["raised", "worse", "cleared"]


def test_what_comes_again_within_the_hour_is_the_same_event(watched):
    watched.measure(31, *[22] * 8, 31, *[22] * 8)
    (event,) = Event.select()
    assert event.times == 2 and not event.is_raised
    assert [step.action for step in event.steps] == ["raised", "worse", "cleared", "again", "cleared"]


def keep(condition, name="hot", number=None, target=None, **more):
    target = {"kind": "CT"} if target is None else target
    return events.keep_rule(name, target, Rule("", condition, **more), "a test", now_ms(), number)


def test_a_rule_of_a_person_is_judged_from_the_next_reading_on_and_its_versions_stay(watched):
    kept = keep(CURRENT)
    watched.measure(22, 22)
    watched.measure(22, current_a=25)
    assert watched.told() == [("rule 1", "warning", 3, True)]
    keep(CURRENT | {"limit": 25.5}, "hotter", kept.number)
    watched.measure(22, current_a=25)
    assert watched.told() == [("rule 1", "warning", 3, True)], "inside the hysteresis of the new limit it stays"
    events.end_rule(kept.number, "no longer needed", now_ms())
    watched.measure(22, current_a=25)
    assert watched.told() == [("rule 1", "warning", 3, False)]
    assert [(one.name, one.to_ms is None) for one in RuleVersion.of(1)] == [("hotter", False), ("hot", False)]


def test_a_rule_reaches_its_class_only(watched):
    keep(CURRENT, target={"kind": "MRI"})
    keep(CURRENT, "mine", target={"equipment_id": 1})
    watched.measure(22, current_a=25)
    assert [one[0] for one in watched.told()] == ["rule 2"]


def test_a_rule_that_cannot_work_is_refused_with_what_is_wrong(watched):
    for condition, what in ((HOT | {"limit": 500}, "never"), ({"kind": "above"}, "missing")):
        with pytest.raises(events.RuleRefused, match=what):
            keep(condition)
    keep(HOT)
    with pytest.raises(events.RuleRefused, match="contradicts hot"):
        keep({"kind": "below", "channel": "temperature_c", "limit": 40.0}, "cold")
    assert RuleVersion.select().count() == 1


@pytest.mark.parametrize("cuts", [(), (1,), (1, 2, 3, 4, 5, 6, 7)])
def test_a_restart_anywhere_changes_nothing(watched, cuts):
    keep(HOT, for_s=30, clear_s=20)
    for at, temperature in enumerate((22, 36, 36, 36, 36, 33, 33, 33)):
        watched.measure(temperature)
        if at in cuts:
            watched.restart()
    assert watched.told("rule 1") == [("rule 1", "warning", 5, False)]


def test_readings_that_overtake_each_other_are_judged_in_their_order(watched):
    keep(HOT, for_s=20)
    watched.measure(22, 36)
    watched.measure(36, 36, first=4)
    assert watched.told("rule 1") == [], "number 3 may still say that it was over"
    watched.restart()
    watched.measure(22, first=3)
    assert watched.told("rule 1") == []
    watched.measure(36, first=6)
    assert watched.told("rule 1") == [("rule 1", "warning", 6, True)]


def test_a_reading_that_never_comes_is_not_waited_for_longer_than_half_a_minute(watched):
    keep(HOT)
    watched.measure(22)
    watched.measure(36, 36, 36, first=3)
    assert watched.told("rule 1") == []
    watched.measure(36)
    assert watched.told("rule 1") == [("rule 1", "warning", 3, True)]


def test_readings_that_come_much_later_are_judged_and_marked_late(watched):
    keep(HOT)
    watched.measure(*[22] * 5)
    watched.measure(*[22] * 9, first=20)
    watched.measure(22, 36, 36, 22, first=7)
    (event,) = Event.select().where(Event.rule == "rule 1")
    assert event.late and not event.is_raised and watched.told("rule 1") == [("rule 1", "warning", 8, False)]
    watched.measure(36, 36, first=11)
    (event,) = Event.select().where(Event.rule == "rule 1")
    assert event.times == 2 and not event.is_raised, "so soon after the first it is the same once more"


def test_what_was_raised_of_equipment_that_the_terminal_left_is_over(watched):
    keep(HOT, target={})
    watched.measure(36, 36)
    equipment.add_equipment(CT | {"asset_number": "A-2", "serial": "S-2"}, now_ms())
    equipment.bind("ct-01", "A-2", now_ms())
    watched.measure(36)
    found = [
        (one.equipment_id, one.is_raised) for one in Event.select().where(Event.rule == "rule 1").order_by(Event.id)
    ]
    assert found == [(1, False), (2, True)]


def test_a_shelf_keeps_events_and_says_nothing_until_it_ends(watched):
    machine = equipment.equipment_named("A-0001")
    with pytest.raises(ActionError, match="after now"):
        events.shelve(machine, "", now_ms() - 10_000, now_ms() - 5_000, "service", now_ms())
    shelf = events.shelve(machine, "", now_ms() - 7_200_000, now_ms() + 60_000, "service", now_ms())
    watched.measure(31)
    assert Event.get().shelved
    events.unshelve(shelf, now_ms())
    assert events.Shelf.of(1, now_ms()) == []


def test_silence_is_raised_by_the_clock_and_cleared_by_a_reading(watched):
    settings, now, watch = watched.site.app.config["SETTINGS"], now_ms(), Watch()
    watched.start_ms = now - 20_000
    watched.measure(22)
    gateways.Gateway.update(seen_ms=now).execute()
    db.change("DELETE FROM refusal")
    assert watch.look(settings, now, 0) == 0
    later = now + 700_000
    watch.look(settings, later, 700_000)
    assert {(one.type, one.subject) for one in Event.select()} == {
        ("silence", "ct-01"), ("gateway_silence", "gw-1"), ("gateway_silence", "gw-2"),
    }  # fmt: skip
    assert watch.look(settings, later + 10_000, 710_000) == 0
    assert Watch().look(settings, later + 20_000, 0) == 0, "after a restart who was silent is so still"
    watched.start_ms = now
    watched.measure(22)
    watch.look(settings, now + 60_000, 720_000)
    assert not Event.get(Event.type == "silence").is_raised


@pytest.mark.parametrize("jump_ms", [5 * HOUR_MS, -5 * HOUR_MS], ids=["forward", "back"])
def test_a_clock_that_jumps_makes_nobody_silent_and_hides_nobodys_silence(watched, jump_ms):
    settings, now, watch = watched.site.app.config["SETTINGS"], now_ms(), Watch()
    watched.measure(22)
    gateways.Gateway.update(seen_ms=now).execute()
    db.change("DELETE FROM refusal")
    assert watch.look(settings, now, 0) == 0
    assert watch.look(settings, now + jump_ms, 10_000) == 0 and Event.select().count() == 0
    watched.measure(22)
    assert watch.look(settings, now + jump_ms, 590_000) == 0
    watch.look(settings, now + jump_ms, 1_200_000)
    assert Event.get(Event.type == "silence").is_raised


@pytest.mark.parametrize("jump_ms", [5 * HOUR_MS, -5 * HOUR_MS], ids=["forward", "back"])
def test_a_terminals_clock_that_jumps_raises_once_and_clears_once(watched, jump_ms):
    keep(HOT, for_s=20, clear_s=20)
    watched.measure(22, 36, 36, 36)
    watched.start_ms += jump_ms
    watched.measure(36, 36, 36, 22, 22)
    watched.restart()
    watched.start_ms -= jump_ms
    watched.measure(22, 22, 22, 22)
    (event,) = Event.select().where(Event.rule == "rule 1")
    assert [step.action for step in event.steps] == ["raised", "cleared"]


def test_a_rule_for_silence_goes_before_the_setting(watched):
    watch = Watch()
    watched.start_ms = now_ms() - 60_000
    watched.measure(22)
    keep({"kind": "silent", "after_s": 20}, "quiet", severity="critical")
    for run_ms in (0, 30_000):
        watch.look(watched.site.app.config["SETTINGS"], now_ms(), run_ms)
    event = Event.get(Event.type == "silence")
    assert (event.rule, event.name, event.severity) == ("rule 1", "quiet", "critical")


def test_a_refusal_is_an_event_until_none_has_come_for_a_while(watched):
    settings, watch = watched.site.app.config["SETTINGS"], Watch()
    watched.site.upload(block(terminal_id="mri-01"))
    watch.look(settings, now_ms(), 0)
    event = Event.get(Event.type == "refusals")
    assert event.subject == "gw-1" and "terminal_foreign" in event.rule
    watch.look(settings, now_ms() + 700_000, 0)
    assert not Event.get_by_id(event.id).is_raised
