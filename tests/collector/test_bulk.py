"""Lists of the register: columns, lists kept under a name, one field of many changed after a look; years in service."""

import re
from datetime import date

import pytest

from collector import accounts, equipment
from collector.equipment import bulk
from collector.equipment.years import planned, served
from tests.collector.people import Person
from tests.collector.site import CT, PASSWORD, now_ms


@pytest.mark.parametrize("licence,accepted,expected,today,years,ends", [
    ("2016-03-01", "2016-05-01", 10, date(2026, 2, 28), 9.9, "2026-03-01"),
    ("2016-03-01", None, 10, date(2026, 3, 1), 10.0, "2026-03-01"),
    (None, "2020-02-29", 1, date(2021, 2, 28), 0.9, "2021-03-01"),
    (None, "2020-02-29", None, date(2024, 2, 29), 4.0, None),
    (None, "2027-01-01", 5, date(2026, 1, 1), 0.0, "2032-01-01"), (None, None, 5, date(2026, 1, 1), None, None),
])  # fmt: skip
def test_service_counts_from_the_licence_else_from_acceptance(licence, accepted, expected, today, years, ends):
    said = {"licence_installed_on": licence, "accepted_on": accepted, "expected_years": expected}
    found = served(said, today)
    assert (found.years, found.ends_on and found.ends_on.isoformat()) == (years, ends)
    assert found.over == (ends is not None and ends <= today.isoformat())


@pytest.mark.parametrize("ends, part", [
    ("2025-12-31", "over"), ("2026-01-01", "over"), ("2026-01-02", "one_year"), ("2027-01-01", "one_year"),
    ("2027-01-02", "three_years"), ("2029-01-01", "three_years"), ("2029-01-02", "later"), (None, "unsaid"),
])  # fmt: skip
def test_an_end_is_over_within_a_year_or_three_or_later(ends, part):
    day = date(2026, 1, 1)
    began = ends and date.fromisoformat(ends).replace(year=2016).isoformat()
    one = served({"accepted_on": began, "expected_years": ends and int(ends[:4]) - 2016}, day)
    parts, years = planned([("it", one)], day)
    assert parts[part] == [("it", one)] and sum(len(some) for some in parts.values()) == 1
    assert years == ({int(ends[:4]): 1} if part not in ("over", "unsaid") else {})


@pytest.fixture
def fleet(site):
    """Ten more machines of two departments, and a person of one of them."""
    for n in range(2, 12):
        about = {"asset_number": f"A-{n:04}", "department": "Imaging" if n > 6 else "Radiology", "supplier": f"S {n}"}
        equipment.add_equipment(CT | about | {"accepted_on": "2016-01-02", "expected_years": "8"}, now_ms())
    return site


@pytest.fixture
def admin(fleet):
    person = Person(fleet, "admin")
    person.sign_in()
    return person


def several(person, *numbers, **form):
    return person.post("/register/several", "/register", id=[str(number) for number in numbers], **form)


def suppliers(site):
    return [name for (name,) in site.rows("SELECT supplier FROM equipment ORDER BY id")]


def test_a_list_has_the_columns_somebody_chose_and_is_kept_under_a_name(admin):
    page = admin.get("/register?text=A-0003&column=supplier&column=expected_until&column=nonsense").text
    heads = re.findall(r'<th scope="col">([^<]+)</th>', page)
    assert heads == ["Asset number", "Supplier", "Expected until"] and "S 3" in page and "2024-01-02" in page
    answer = admin.post("/register/views", "/register", name="Old ones", text="A-0003", column=["supplier"])
    assert answer.headers["Location"].endswith("column=supplier")
    page = admin.get("/register").text
    link = re.search(r'href="(/register\?[^"]*)">Old ones<', page)[1].replace("&amp;", "&")
    assert "S 3" in admin.get(link).text and "S 4" not in admin.get(link).text
    assert "9.9" in page or "10." in page, "years in service stand in the usual list"
    for n in range(30):
        admin.post("/register/views", "/register", name=f"List {n}")
    assert "30 lists already" in admin.get("/register").text and "List 29" not in admin.get("/register").text
    admin.post("/register/views", "/register", name="List 3", text="A-0007")
    assert "text=A-0007" in admin.get("/register").text, "one that is there is kept anew"
    admin.post("/register/views", "/register", name=" ")
    assert "1 to 60 signs" in admin.get("/register").text
    admin.post("/register/views/1/remove", "/register")
    assert "Old ones" not in admin.get("/register").text


def test_a_kept_list_is_of_one_person_and_what_was_paid_of_the_keepers(admin, fleet):
    admin.post("/register/views", "/register", name="Mine", column=["supplier"])
    accounts.add_administrator("reader", PASSWORD, now_ms(), "department_reader")
    reader = Person(fleet, "reader")
    reader.sign_in()
    page = reader.get("/register?column=supplier").text
    assert "Mine" not in page and "Supplier" not in page and "Change the chosen ones" not in page
    reader.post("/register/views/1/remove", "/register")
    assert "Mine" in admin.get("/register").text


def test_one_field_of_many_is_looked_at_then_changed_with_its_reason(admin, fleet):
    asked = {"field": "supplier", "value": "Medical Ltd", "reason": "the contract was taken over"}
    page = several(admin, 2, 3, 4, **asked).text
    assert page.count("→ Medical Ltd") == 3 and "Change 3" in page and suppliers(fleet)[1] == "S 2"
    assert several(admin, 2, 3, 4, **asked, for_real="1").status_code == 302
    assert suppliers(fleet)[1:5] == ["Medical Ltd"] * 3 + ["S 5"]
    assert "Equipment changed: 3." in admin.get("/register").text
    assert "stays as it is" in several(admin, 2, 5, **asked).text
    rows = fleet.rows("SELECT before, reason FROM equipment_change ORDER BY id")
    assert rows[0] == ('{"supplier": "S 2"}', "the contract was taken over") and len(rows) == 3
    several(admin, 5, **asked | {"reason": " "}, for_real="1")
    assert suppliers(fleet)[4] == "S 5"
    page = several(admin, all="1", text="", kind="", department="Imaging", field="kind", value="MRI scanner").text
    assert page.count("→ MRI scanner") == 5, "a choice may be written as the word for it"


def test_more_than_can_be_changed_at_once_is_said(admin, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 4)
    page = several(admin, all="1", text="", kind="", department="Imaging", field="supplier", value="Medical Ltd").text
    assert page.count("→ Medical Ltd") == 4 and "the first 4; 1 more" in page
    chosen, left = (
        map(int, re.findall(r'name="id" value="(\d+)"', page)),
        re.search(r'name="left" value="(\d+)"', page)[1],
    )
    several(admin, *chosen, field="supplier", value="Medical Ltd", reason="taken over", for_real="1", left=left)
    page = admin.get("/register").text
    assert "Equipment changed: 4." in page and "1 more that the filter left" in page


@pytest.mark.parametrize("field,value,word", [
    ("warranty_until", "tomorrow", "is no date"), ("kind", "TOASTER", "is none of the choices"),
    ("maker", "", "is missing"), ("expected_years", "0", "is no number of years"), ("name", "=1+1", "is a formula"),
])  # fmt: skip
def test_what_cannot_be_kept_is_said_for_each_and_nothing_is_changed(admin, fleet, field, value, word):
    page = several(admin, 2, 3, field=field, value=value, reason="x", for_real="1")
    assert page.status_code == 302 and fleet.rows("SELECT count(*) FROM equipment_change") == [(0,)]
    assert several(admin, 2, 3, field=field, value=value).text.count(word) == 2
    assert "No equipment is chosen" in several(admin, 999, field=field, value=value).text
    assert "A-0002" in several(admin, 2, field="asset_number", value="X").text, "that is of one piece alone"


def test_a_plan_of_life_shows_first_what_is_past_its_years(admin):
    equipment.add_equipment(
        CT | {"asset_number": "B-1", "accepted_on": f"{date.today().year}-01-01", "expected_years": "9"}, now_ms()
    )
    page = admin.get("/register/life").text
    assert page.index('id="over"') < page.index('id="later"') < page.index('id="unsaid"')
    over = page[page.index('id="over"') : page.index('id="later"')]
    assert over.count("<tr>") == 11 and "A-0002" in over and "2024-01-02" in over and "B-1" not in over
    years = page[page.index('id="years"') : page.index('id="over"')]
    assert str(date.today().year + 9) in years and "2024" not in years
