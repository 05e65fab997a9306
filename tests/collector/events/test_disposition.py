"""What people do about an event: step by step, each by who may, never two at once; and what they may not."""

import pytest

from collector import accounts, audit, equipment, events
from collector.errors import ActionError
from collector.events import Event
from tests.collector.site import now_ms


@pytest.fixture
def opened(site):
    """The hospital with its database open."""
    with site.app.app_context():
        yield site


def acting(name):
    audit.act_as(name, "biomedical_engineer")
    return name


def test_the_way_from_open_to_closed_is_kept_step_by_step(opened):
    acting("wang")
    event = events.report(equipment.equipment_named("A-0001"), "serious", "smoke at the gantry", now_ms(), [], now_ms())
    version = event.version
    for action, text, state in (
        ("acknowledge", "", "acknowledged"),
        ("begin", "on my way", "in_progress"),
        ("resolve", "fan replaced", "resolved"),
        ("reopen", "it smells again", "open"),
        ("acknowledge", "", "acknowledged"),
        ("resolve", "cable replaced", "resolved"),
    ):
        event = events.act(event.id, action, version, text, now_ms())
        version = event.version
        assert event.state == state
    with pytest.raises(ActionError, match="close cannot be done"):
        events.act(event.id, "close", version, "", now_ms())
    assert [step.action for step in event.steps][0] == "reported" and event.steps.count() == 7


def test_of_two_people_at_once_the_second_is_told_who_was_first(opened):
    event = events.report(equipment.equipment_named("A-0001"), "warning", "noise", now_ms(), [], now_ms())
    acting("wang")
    events.act(event.id, "acknowledge", event.version, "", now_ms())
    acting("li")
    with pytest.raises(events.Refused, match="wang did something"):
        events.act(event.id, "acknowledge", event.version, "", now_ms())
    assert Event.get().owner == "wang"


def test_an_event_is_handed_over_and_merged(opened):
    machine = equipment.equipment_named("A-0001")
    one, other = (events.report(machine, "warning", text, now_ms(), [], now_ms()) for text in ("noise", "smell"))
    li, elsewhere = (accounts.add_person(name, "technician", now_ms()) for name in ("li", "zhou"))
    accounts.add_person("qian", "operator", now_ms())
    accounts.give_scope(li, "equipment", machine.id, "A-0001", "", now_ms() - 1, None)
    gone = accounts.add_person("sun", "biomedical_engineer", now_ms())
    accounts.give_scope(gone, "equipment", machine.id, "A-0001", "", now_ms() - 1, None)
    accounts.disable(gone, now_ms())
    for nobody in ("", "nobody", elsewhere.name, "qian", gone.name):
        with pytest.raises(events.Refused, match=f"'{nobody}' is nobody who may handle this event"):
            events.act(one.id, "hand_over", one.version, "my shift ends", now_ms(), to=nobody)
    one = events.act(one.id, "hand_over", one.version, "my shift ends", now_ms(), to="li")
    assert one.owner == "li"
    with pytest.raises(ActionError, match="no other event"):
        events.act(one.id, "merge", one.version, "same", now_ms(), into=one.id)
    events.act(other.id, "merge", other.version, "same", now_ms(), into=one.id)
    assert [event.id for event in one.merged] == [other.id]


@pytest.mark.parametrize("text,severity,ahead_ms,what", [
    (" ", "warning", 0, "missing"), ("x" * 4001, "warning", 0, "4000"), ("x", "bad", 0, "severity"),
    ("x", "warning", 60_000, "future"),
])  # fmt: skip
def test_a_report_without_sense_is_refused(opened, text, severity, ahead_ms, what):
    with pytest.raises(ActionError, match=what):
        machine = equipment.equipment_named("A-0001")
        events.report(machine, severity, text, now_ms() + ahead_ms, [], now_ms())
