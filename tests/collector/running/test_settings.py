"""Price of energy, mains and holidays: the nearest that holds on a day; set by page and program, used by warnings."""

from datetime import date

import pytest

from collector import accounts, running
from collector.equipment import Equipment
from collector.running import models, set_models
from collector.running.setting import set_use
from collector.running.supply import BY_NAME, Setting, Target, holding, read, supply_of
from tests.collector.people import Person, acts
from tests.collector.running.test_hours import DAY_MS, START_MS, ZONE
from tests.collector.running.test_looking_after import known, lived, trace, whole  # noqa: F401  two fixtures
from tests.collector.site import now_ms
from tests.collector.test_api import caller, engineer, refused  # noqa: F401  engineer is a fixture

CT_1 = set_models.Machine(1, "CT", 5, 3, "CT 1")
ON = date(2026, 3, 1)


def said(target, value, from_on=ON, name="price"):
    return Setting(0, target, name, value, from_on, "", "", 0)


def test_the_nearest_holds_from_its_day_on_and_an_empty_one_hands_back():
    everywhere = [
        said(Target(), "1.0"), said(Target(institution_id=3), "1.1"), said(Target(department_id=5), "1.2"),
        said(Target(kind="CT"), "1.3"), said(Target(equipment_id=1), "1.4"), said(Target(kind="MRI"), "9"),
        said(Target(department_id=6), "9"), said(Target(equipment_id=1), "9", date(2026, 3, 2)),
    ]  # fmt: skip
    for count, level in enumerate(("default", "all", "institution", "department", "kind", "equipment")):
        held = holding(everywhere[:count], CT_1, ON)["price"]
        assert (held.level, held.value) == (level, 0.8 if count == 0 else pytest.approx(0.9 + count / 10))
    assert holding(everywhere, CT_1, ON)["price"].value == 1.4, "that of tomorrow does not hold yet"
    assert holding([*everywhere, said(Target(equipment_id=1), None)], CT_1, ON)["price"].level == "kind"
    assert holding(everywhere[1:], CT_1, date(2026, 2, 28))["price"].level == "default"
    days = [said(Target(), "2026-10-01..2026-10-03, 2027-01-01", name="holidays"), said(Target(), "1", name="phases")]
    mains, free = supply_of(holding(days, CT_1, ON))
    assert len(free) == 4 and date(2026, 10, 2) in free and mains.phases == 1 and mains.volts == 380


@pytest.mark.parametrize("name,text,code", [
    ("price", "cheap", "number"), ("price", "-1", "range"), ("price", "nan", "range"), ("volts", "50", "range"),
    ("phases", "2", "only"), ("holidays", "2026-02-30", "days"), ("holidays", "2026-10-07..2026-10-01", "days"),
    ("holidays", "2026-01-01..2026-12-31 2028-01-01..2028-12-31", "many"),
])  # fmt: skip
def test_a_value_that_cannot_be_is_told_by_its_code(name, text, code):
    with pytest.raises(ValueError, match=f"^{code}$"):
        read(BY_NAME[name], text)


def test_it_is_set_on_a_page_in_both_languages_and_stands_on_the_units_page(site):
    person = Person(site, "admin")
    person.sign_in()
    form = {"target": "kind:CT", "name": "price", "value": "1.25", "from_on": "2026-01-01", "reason": "tariff of 2026"}
    person.post("/usage/settings", **form)
    for wrong, told in (
        ({"value": "-1"}, "-1 is not 0 to 20"),
        ({"reason": " "}, "1 to 200 signs"),
        ({"from_on": "soon"}, "is no day"),
        ({"name": "phases", "value": "2"}, "none of 1, 3"),
    ):
        answer = person.post("/usage/settings", **form | wrong)
        assert told in person.get(answer.headers["Location"]).text
    assert person.post("/usage/settings", **form | {"target": "equipment:77"}).status_code == 404
    assert "tariff of 2026" in person.get("/usage/settings").text and "1.25 <span" in person.get("/usage/1").text
    person.post("/language", "/usage/1", language="zh_CN")
    assert "电价" in person.get("/usage/settings").text
    with site.app.app_context():
        assert acts("usage.setting") == [("admin", "kind CT", "done")]


def test_a_program_sets_inside_its_scope_and_reads_what_holds(engineer, site):  # noqa: F811
    department = {"department_id": 1, "name": "price", "value": "0.95", "reason": "own meter"}
    made = engineer("POST", "/usage/settings", department)
    assert made.status_code == 201 and made.json["level"] == "department"
    held = {one["name"]: one for one in engineer("GET", "/equipment/1/usage/settings").json}
    assert (held["price"]["value"], held["price"]["level"], held["price"]["unit"]) == (0.95, "department", "CNY/kWh")
    assert [one["value"] for one in engineer("GET", "/usage/settings").json] == ["0.95"]
    bad = refused(engineer("POST", "/usage/settings", department | {"value": "x"}), "field_invalid")["errors"][0]
    assert (bad["where"], bad["value"]) == ("body.value", "x") and "no number" in bad["what"]
    for further in ({"department_id": None}, {"department_id": None, "kind": "CT"}, {"department_id": 2}):
        assert engineer("POST", "/usage/settings", department | further).status_code == 403
    assert (
        engineer("POST", "/usage/settings", department | {"department_id": None, "equipment_id": 2}).status_code == 404
    )
    accounts.add_administrator("li", "a password for tests", now_ms(), "biomedical_engineer")
    other = caller(site, accounts.add_token("of li", now_ms(), "read", 1, "li"))
    assert other("GET", "/usage/settings").json == [], "who sees nothing sees no setting"


@pytest.mark.parametrize("free,told", [("", ["not_on"]), ("2026-03-02", [])])
def test_a_holiday_is_judged_as_a_sunday(site, whole, free, told):  # noqa: F811
    """61 days, off on Sundays, and on the last, a Monday."""
    first, today_ms = START_MS // DAY_MS, START_MS + 61 * DAY_MS
    with site.app.app_context():
        days = {first + n: lived(first + n, 0 if n % 7 == 3 or n == 60 else 10) for n in range(61)}
        known(1, whole, days, today_ms)
        set_use(Target(department_id=1), "holidays", free, date(2026, 1, 1), "rest", now_ms())
        running.Rounds().go(today_ms, ZONE)
        assert [one.kind for one in models.findings_of(Equipment.get_by_id(1), 0, 2**50)] == told
