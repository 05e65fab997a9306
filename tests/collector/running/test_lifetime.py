"""The total of a unit's whole life: what was typed of the time before, what was measured since, nothing twice."""

from datetime import date

import pytest

from collector import accounts
from collector.equipment import Equipment
from collector.running import figures
from collector.running.lifetime import lifetime
from tests.collector.people import acts
from tests.collector.running.test_hours import ZONE
from tests.collector.running.test_use import technician, trace, used  # noqa: F401  fixtures
from tests.collector.site import now_ms
from tests.collector.test_api import caller, refused

TODAY = date(2026, 1, 31)
BEFORE = {"until_on": "2026-01-01", "on_h": "41250.5", "exams": "98000", "source": "counter", "reason": "taken over"}


def test_typed_and_measured_make_the_total_and_no_day_counts_twice(technician, used):  # noqa: F811
    with used.app.app_context():
        equipment = Equipment.get_by_id(1)
        alone = lifetime(equipment, TODAY, ZONE)
        assert alone.before is None and alone.exams == alone.measured_exams > 60 and alone.first_on == date(2026, 1, 1)
    technician.post("/usage/1/lifetime", **BEFORE | {"exams": "1"})
    technician.post("/usage/1/lifetime", **BEFORE)
    page = technician.get("/usage/1/lifetime").text
    with used.app.app_context():
        life = lifetime(equipment, TODAY, ZONE)
        rest = figures.total(figures.figures(equipment, date(2026, 1, 2), TODAY, ZONE))
        assert (life.first_on, life.measured_exams) == (date(2026, 1, 2), rest[0])
        assert life.exams == 98000 + rest[0] < 98000 + alone.exams
        assert life.on_h == pytest.approx(41250.5 + rest[1])
        assert acts("usage.before") == [("admin", "equipment A-0001", "done")] * 2
    assert str(life.exams) in page and page.count("taken over") == 2, "what was said before stays"


WRONG = (
    ({"until_on": "2999-01-01"}, "is no day that is over", "不是已经过去的日期"),
    ({"until_on": "then"}, "is no day that is over", "不是已经过去的日期"),
    ({"on_h": "-1"}, "no number from 0 to 500000", "0 至 500000"),
    ({"exams": "1.5"}, "no number from 0 to 5000000", "0 至 5000000"),
    ({"source": " "}, "1 to 200 signs", "1 至 200"),
)


def test_what_cannot_be_is_said_and_what_was_written_stays_in_the_form(technician):  # noqa: F811
    for language, place in (("en", 1), ("zh_CN", 2)):
        technician.post("/language", "/usage/1", language=language)
        for case in WRONG:
            answer = technician.post("/usage/1/lifetime", **BEFORE | case[0])
            page = technician.get(answer.headers["Location"]).text
            assert case[place] in page and 'value="taken over"' in page and "98000</b>" not in page


def test_a_program_says_it_and_reads_the_parts(used):  # noqa: F811
    with used.app.app_context():
        call = caller(used, accounts.add_token("lives", now_ms(), "write", 1, "admin"))
    body = BEFORE | {"on_h": 41250.5, "exams": 98000}
    made = call("POST", "/equipment/1/usage/lifetime", body).json
    assert made == call("GET", "/equipment/1/usage/lifetime").json
    assert made["exams"] == 98000 + made["measured_exams"] and made["before"]["source"] == "counter"
    bad = refused(call("POST", "/equipment/1/usage/lifetime", body | {"until_on": "2099-01-01"}), "field_invalid")
    assert bad["errors"][0]["where"] == "body.until_on"
