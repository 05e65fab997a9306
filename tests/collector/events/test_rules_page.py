"""A rule is made as a form, looked at against what was measured, told what is wrong, kept in versions, ended."""

import numpy as np
import pytest

from collector import accounts, db, equipment, readings
from collector.events import RuleVersion, forms
from collector.events.preview import preview
from collector.events.rules import Rule
from tests.collector.people import Person
from tests.collector.site import BOOT, PASSWORD, now_ms

HOT = {"kind": "above", "channel": "temperature_c", "limit": 28.0, "hysteresis": 2.0}
HUMID = {"kind": "above", "channel": "humidity_pct", "limit": 70.0}
NIGHT = {"kind": "schedule", "days": [1, 2], "from_min": 1320, "to_min": 360}
WORKING = {"kind": "state", "states": ["working", "ready"]}
RULES = [
    Rule("", HOT, 60, 30, "warning", [(32.0, "critical")]),
    Rule("", {"kind": "all", "of": [HOT, HUMID]}, 0, 0, "notice", []),
    Rule("", {"kind": "any", "of": [HOT, HUMID]}, 0, 0, "notice", []),
    Rule("", {"kind": "all", "of": [{"kind": "any", "of": [HOT, HUMID]}, WORKING, NIGHT]}, 5, 5, "serious", []),
    Rule(
        "",
        {"kind": "rises", "channel": "temperature_c", "by": 3.0, "within_s": 600, "hysteresis": 1.0},
        0,
        0,
        "notice",
        [],
    ),
    Rule("", {"kind": "silent", "after_s": 900}, 0, 0, "serious", []),
    Rule("", {"kind": "unlike", "channel": "current_a", "times": 4.0, "days": 14}, 0, 0, "notice", []),
]
FORM = {
    "name": "hot room",
    "kind": "CT",
    "kind1": "above",
    "channel1": "temperature_c",
    "amount1": "28",
    "hysteresis1": "1",
}
FORM |= {"join": "all", "severity": "warning", "for_s": "60", "clear_s": "60", "reason": "asked by physics"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.condition["kind"])
def test_a_rule_becomes_a_form_and_the_form_the_same_rule(rule):
    said, days, states = forms.form_of(rule)
    assert forms.rule_of({name: str(value) for name, value in said.items()}, days, states) == rule


@pytest.fixture
def warm(site):
    """Four days of which each was above 28 degrees for an hour."""
    count, every_ms = 4 * 1440, 60_000
    start_ms = now_ms() - count * every_ms
    minute = np.arange(count) % 1440
    steps = np.where((minute > 600) & (minute <= 660), 3000, 2200).tolist()
    seq, ts_ms = [BOOT + 1 + n for n in range(count)], [start_ms + n * every_ms for n in range(count)]
    with db.write():
        readings.append([readings.Block("ct-01", seq, ts_ms, {1: steps})])
    return site


def test_a_preview_counts_what_would_have_been_raised(warm):
    machine = equipment.equipment_named("A-0001")
    seen = preview(Rule("", HOT, 60, 60), machine, now_ms())
    assert seen.judged and len(seen.spans) == 4 and {end - start for start, end in seen.spans} == {3_660_000}
    assert preview(Rule("", HOT | {"limit": 31.0}), machine, now_ms()).spans == []
    assert not preview(Rule("", {"kind": "silent", "after_s": 60}), machine, now_ms()).judged


def test_a_rule_is_looked_at_kept_changed_and_ended_on_its_page(warm):
    wang = accounts.add_administrator("wang", PASSWORD, now_ms(), "biomedical_engineer")
    accounts.give_scope(wang, "equipment", 1, "A-0001", "", now_ms() - 1, None)
    person = Person(warm, "wang")
    person.sign_in()
    page = person.post("/rules/new", preview="1", look="1", **FORM).text
    assert (
        "it would have been raised 4 times" in page and page.count("<rect ") == 4 and RuleVersion.select().count() == 0
    )
    page = person.post("/rules/new", keep="1", **FORM | {"amount1": "500"}).text
    assert "This can never hold" in page and 'value="500"' in page
    page = person.post("/rules/new", keep="1", **FORM | {"amount1": "warm"}).text
    assert "condition.limit" in page and "This is no number" in page
    assert person.post("/rules/new", keep="1", **FORM).headers["Location"] == "/rules"
    page = person.get("/rules/1").text
    assert 'value="28.0"' in page and "asked by physics" in page and "hot room" in person.get("/rules").text
    person.post("/rules/1", keep="1", **FORM | {"amount1": "27", "reason": "too late"})
    assert [version.to_ms is None for version in RuleVersion.of(1)] == [True, False]
    person.post("/rules/1/end", "/rules/1", reason="replaced")
    assert person.get("/rules/1").status_code == 404 and RuleVersion.valid().count() == 0
