"""The register: entered, changed with its history, filtered, brought in from a spreadsheet line by line, taken out."""

import csv
import io
import re
from datetime import date

import pytest
from openpyxl import Workbook

from collector import accounts, equipment
from collector.equipment import Equipment, importing
from collector.equipment import sheet as sheet_room
from collector.equipment.fields import NAMES, checked
from collector.equipment.progress import under_way
from collector.errors import ActionError
from tests.collector.people import Person, acts
from tests.collector.site import BASE, CT, PASSWORD, now_ms


@pytest.fixture
def admin(site):
    person = Person(site, "admin")
    person.sign_in()
    return person


def lines(count, first=1, **more):
    """So many lines of a spreadsheet, good ones."""
    return [CT | {"asset_number": f"N-{number:05d}"} | more for number in range(first, first + count)]


def sheet(rows, names=None):
    """They as XLSX."""
    book, names = Workbook(), names or list(rows[0])
    book.active.append(names)
    for row in rows:
        book.active.append([row.get(name) for name in names])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text_sheet(rows, encoding="utf-8"):
    """They as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def bring(person, content, for_real=True):
    """The page after a file was handed over."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', person.get("/register/import").text)[1]
    data = {"csrf_token": token, "file": (io.BytesIO(content), "x")} | ({"for_real": "1"} if for_real else {})
    headers = {"Referer": BASE + "/register/import", "User-Agent": person.agent}
    return person.client.post("/register/import", base_url=BASE, data=data, headers=headers).text


def test_a_change_is_kept_with_who_when_before_and_after(admin):
    said = CT | {"accepted_on": "2019-04-01", "price_cents": "12,500,000.50", "category": "B", "room": "Room 2"}
    answer = admin.post("/register/1/change", **said)
    assert answer.headers["Location"] == "/register/1"
    page = admin.get("/register/1").text
    assert all(word in page for word in ("2019-04-01", "12500000.50", "category B", "Room 1 → Room 2", "admin"))
    assert Equipment.get_by_id(1).price_cents == 1_250_000_050
    assert acts("equipment.change") == [("admin", "equipment A-0001", "done")]
    admin.post("/register/1/change", **said)
    assert len(acts("equipment.change")) == 1, "what did not change is no change"


@pytest.mark.parametrize(
    "field,text,what",
    [
        ("name", "", "empty"),
        ("name", "x" * 201, "too_long"),
        ("name", "a\x07", "too_long"),
        ("kind", "X-ray", "choice"),
        ("accepted_on", "03/04/2024", "date"),
        ("accepted_on", "2024-02-30", "date"),
        ("catalogue_year", "23", "year"),
        ("price_cents", "about a million", "money"),
        ("price_cents", "-5", "money"),
        ("serial", "=1+1", "formula"),
    ],
)
def test_what_cannot_be_is_named_beside_its_field_and_nothing_is_kept(admin, field, text, what):
    assert checked(CT | {field: text})[1] == {field: what}
    page = admin.post("/register/new", **(CT | {"asset_number": "N-1", field: text})).text
    assert f'data-wrong="{field}"' in page and Equipment.select().count() == 1


@pytest.mark.parametrize("text", ["2024-3-4", "2024/03/04", "2024.3.4", "2024年3月4日", date(2024, 3, 4)])
def test_a_date_is_read_in_the_ways_people_write_it(text):
    assert checked(CT | {"accepted_on": text})[0]["accepted_on"] == "2024-03-04"


def test_a_number_that_is_taken_is_refused(admin):
    assert 'data-wrong="asset_number"' in admin.post("/register/new", **CT).text


def test_500_lines_are_looked_at_first_and_then_added(admin):
    content = sheet(lines(500, accepted_on=date(2020, 1, 2), catalogue_year=2023.0))
    assert "500 lines, all good" in bring(admin, content, for_real=False) and Equipment.select().count() == 1
    assert "500 lines were added" in bring(admin, content) and Equipment.select().count() == 501
    assert Equipment.get(Equipment.asset_number == "N-00500").accepted_on == "2020-01-02"
    assert "500 errors in 500 lines" in bring(admin, content)


def test_each_wrong_line_is_named_and_none_is_added(admin):
    rows = lines(4)
    rows[1]["asset_number"], rows[2]["kind"], rows[3]["asset_number"] = "A-0001", "toaster", "N-00001"
    page = bring(admin, sheet(rows))
    found = re.findall(r'data-label="(?:Line|Column|What is wrong)">([^<]+)<', page)
    assert found == [
        *("3", "Asset number", "is there already"),
        *("4", "Kind", "is none of the choices"),
        *("5", "Asset number", "is there already"),
    ]
    assert Equipment.select().count() == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_of_any_office_is_read(admin, encoding):
    assert "2 lines were added" in bring(admin, text_sheet(lines(2, department="放射科"), encoding))
    assert accounts.Department.get_or_none(accounts.Department.name == "放射科")


def test_headings_may_be_the_words_of_the_page(admin):
    words = {"Asset number": "W-1", "Name": "CT", "Kind": "CT", "Maker": "m", "Model": "x", "Serial number": "s"}
    assert "1 lines were added" in bring(
        admin, text_sheet([words | {"Institution": "H", "Department": "D", "Room": "R"}])
    )


@pytest.mark.parametrize(
    "content,said",
    [
        (b"", "The columns are"),
        (b"PK\x03\x04 no zip", "cannot be read"),
        (b"\xff\xfe\xff\xff\xff", "cannot be read"),
        (text_sheet([{"asset_number": "1", "wrong": "2"}]), "The columns are asset_number, wrong"),
        (b"asset_number,name,name\n1,2,3\n", "The columns are"),
    ],
    ids=["empty", "broken", "no text", "column", "twice"],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(admin, content, said):
    assert said in bring(admin, content) and Equipment.select().count() == 1


def test_an_export_comes_in_again_and_runs_nothing_in_a_spreadsheet(admin, site):
    equipment.add_equipment(CT | {"asset_number": "E-1", "name": '-2+3 "quoted", 中文'}, now_ms())
    found = list(csv.DictReader(io.StringIO(admin.get("/register/export").text.lstrip("\ufeff"))))
    assert {one["asset_number"] for one in found} == {"A-0001", "E-1"} and set(found[0]) == set(NAMES)
    assert [one["name"] for one in found if one["asset_number"] == "E-1"] == ['\'-2+3 "quoted", 中文']
    found = {one["asset_number"]: checked(one) for one in found}
    assert found["A-0001"][1] == {} and found["E-1"][0]["name"].startswith("-2+3")
    assert acts("equipment.export") == [("admin", "register", "done")]


def test_filters_leave_what_was_asked_for(admin):
    equipment.add_equipment(CT | {"asset_number": "M-1", "kind": "MRI", "department": "Surgery"}, now_ms())
    for asked, left in (("kind=MRI", {"M-1"}), ("department=Radiology", {"A-0001"}), ("text=-", {"M-1", "A-0001"})):
        assert set(re.findall(r">(M-1|A-0001)</a>", admin.get(f"/register?{asked}").text)) == left


def test_an_engineer_keeps_the_own_department_and_no_other(site):
    equipment.add_equipment(CT | {"asset_number": "M-1", "department": "Surgery"}, now_ms())
    user = accounts.add_administrator("zhao", PASSWORD, now_ms(), "biomedical_engineer")
    accounts.give_scope(user, "department", 1, "Radiology", "", now_ms() - 1, None)
    zhao = Person(site, "zhao")
    zhao.sign_in()
    assert zhao.get("/register/2/change").status_code == 404
    assert 'data-wrong="department"' in zhao.post("/register/1/change", **(CT | {"department": "Surgery"})).text
    page = bring(zhao, sheet(lines(1) + lines(1, 2, department="Surgery")))
    assert "1 errors in 2 lines" in page and "outside of what you may change" in page
    assert "1 lines were added" in bring(zhao, sheet(lines(1)))


def test_who_only_reads_sees_no_price_and_no_contract(site, admin):
    admin.post("/register/1/change", **(CT | {"price_cents": "777777.00", "contract": "secret-terms"}))
    user = accounts.add_administrator("sun", PASSWORD, now_ms(), "operator")
    accounts.give_scope(user, "department", 1, "Radiology", "", now_ms() - 1, None)
    sun = Person(site, "sun")
    sun.sign_in()
    for path in ("/register/1", "/register/export", "/register", "/register/1/card"):
        page = sun.get(path)
        assert page.status_code == 200 and "777777" not in page.text and "secret-terms" not in page.text, path
    assert sun.get("/register/1/change").status_code == 403


def test_script_in_every_field_is_shown_as_text(admin):
    fields = {name: f"<script>{name}</script>" for name in ("asset_number", "name", "maker", "model", "serial", "room")}
    admin.post("/register/new", **(CT | fields))
    for path in ("/register", "/register/2", "/register/2/card", "/register/2/change", "/search?q=script"):
        assert "<script>" not in re.sub(r"<script [^>]*src=", "", admin.get(path).text), path


def test_a_file_of_more_lines_than_are_taken_is_refused_before_it_is_read_to_its_end(monkeypatch):
    monkeypatch.setattr(sheet_room, "LINES_MOST", 20)
    read, endless = [], io.BytesIO(b"asset_number,name\n" + b"1,2\n" * 100)
    with pytest.raises(sheet_room.SheetRefused) as refused:
        read += [number for number, _said in sheet_room.lines_of(endless, {})]
    assert refused.value.code == "lines" and str(refused.value.about) == "20"


def test_errors_are_told_until_there_are_more_than_anybody_reads(admin, monkeypatch):
    monkeypatch.setattr(importing, "WRONG_MOST", 30)
    assert "31 errors in 31 lines" in bring(admin, text_sheet(lines(100, kind="toaster")))


def test_a_page_that_waits_for_an_import_sees_how_far_it_is(admin, monkeypatch):
    seen, add_many = [], Equipment.add_many

    def look():
        said = admin.get("/register/import/progress").json
        seen.append((said["stage"], said.get("lines"), said.get("of")))

    def looked_at():
        for number, said in enumerate(lines(1200), 2):
            if number in (2, 1002):
                look()
            yield number, said

    def added(rows):
        look()
        add_many(rows)

    monkeypatch.setattr(Equipment, "add_many", added)
    look()
    with under_way(1) as progress:
        look()
        equipment.import_equipment(looked_at(), lambda *_place: True, now_ms(), False, progress)
    look()
    assert seen[:4] == [("", None, None), ("waits", 0, None), ("looks", 0, None), ("looks", 1000, None)]
    assert seen[4:] == [("adds", 0, 1200), ("adds", 500, 1200), ("adds", 1000, 1200), ("", None, None)]


def test_a_number_taken_while_a_file_was_looked_at_adds_nothing(admin):
    def slowly():
        yield from enumerate(lines(3), 2)
        equipment.add_equipment(CT | {"asset_number": "N-00002"}, now_ms())

    with pytest.raises(ActionError, match="N-00002"):
        equipment.import_equipment(slowly(), lambda *_place: True, now_ms(), dry_run=False)
    assert Equipment.select().count() == 2
