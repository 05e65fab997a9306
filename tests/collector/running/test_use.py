"""Use: figures equal what was told, what people say stands beside it, sources are held against each other."""

import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from collector import db, equipment, gateways, readings, running
from collector.clock import day_at
from collector.equipment import Equipment
from collector.running import figures, models, panel
from collector.running.reconciling import beside
from firmware.processing.state import HOUR_MS
from tests.bench.running.trace import make
from tests.collector.people import Person
from tests.collector.running.test_hours import DAY_MS, START_MS, ZONE, bring
from tests.collector.site import CT, now_ms

DAY = date(2026, 1, 2)


@pytest.fixture(scope="module")
def trace():
    return make("CT", 5, 3, 60, "rough")


@pytest.fixture
def used(site, trace):
    """A CT with three days of current and its hours told."""
    with site.app.app_context():
        bring(trace, range(len(trace.ts_ms)))
        running.Rounds().go(START_MS + 3 * DAY_MS, ZONE)
    return site


@pytest.fixture
def technician(used):
    person = Person(used, "admin")
    person.sign_in()
    return person


def said(person, **form):
    return person.post("/usage/1/say", f"/usage/1?day={DAY}", day=DAY.isoformat(), **form)


def test_figures_of_days_equal_what_was_told_of_their_hours_in_the_institutions_zone(used):
    with used.app.app_context():
        equipment = Equipment.get_by_id(1)
        (figure,) = figures.figures(equipment, DAY, DAY, ZONE)
        from_ms, to_ms = (START_MS + DAY_MS - 8 * HOUR_MS, START_MS + 2 * DAY_MS - 8 * HOUR_MS)
        spells, exams = figures.told_between(equipment, from_ms, to_ms, START_MS + 3 * DAY_MS)
        worked_h = sum(one.end_ms - one.start_ms for one in spells if one.state == "working") / HOUR_MS
        assert figure.working_h == pytest.approx(worked_h, abs=0.01) and worked_h > 0.5
        assert figure.exams == len(exams) > 20 and figure.source == "current"
        assert sum(one.exams for one in figures.sessions(spells, exams)) == len(exams)
        month = figures.figures(equipment, date(2026, 1, 1), date(2026, 1, 31), ZONE)
        assert figures.total(month)[0] == len(models.Exam.within(equipment, 0, 2**50))


def test_a_correction_counts_and_what_was_told_stays_beside_it(technician, used):
    said(technician, what="exams", value="17", reason="two patients were repeated")
    said(technician, what="exams", value="-1", reason="no")
    said(technician, what="exams", value="3", reason=" ")
    with used.app.app_context():
        (figure,) = figures.figures(Equipment.get_by_id(1), DAY, DAY, ZONE)
        assert figure.exams == 17 and figure.by_source["current"] > 20
        assert figure.corrected["exams"].reason == "two patients were repeated"
    page = technician.get(f"/usage/1?day={DAY}").text
    assert "two patients were repeated" in page and "corrected" in page
    assert used.rows("SELECT count(*) FROM audit_row WHERE action = 'usage.correct'") == [(1,)]


def test_typed_and_imported_examinations_count_before_those_of_the_current(technician, used):
    said(technician, what="exams_imported", file=(io.BytesIO(b"day,number\n2026-01-02,21\n2026-01-03,22\n"), "a.csv"))
    bad = b"2026-01-04,5\n2026-01-32,5\n2026-01-05,many\n"
    said(technician, what="exams_imported", file=(io.BytesIO(bad), "b.csv"))
    page = technician.get(f"/usage/1?day={DAY}").text
    assert "from 0 to 2000: 2 (2026-01-32, 5); 3 (2026-01-05, many)" in page
    said(technician, what="exams_typed", value="19")
    said(technician, what="exams_typed", value="20")
    said(technician, what="qc", result="limited", note="artefact in one slice")
    with used.app.app_context():
        found = figures.figures(Equipment.get_by_id(1), DAY, DAY + timedelta(days=2), ZONE)
        assert [(one.exams, one.source) for one in found[:2]] == [(20, "typed"), (22, "imported")]
        assert "imported" not in found[2].by_source, "a file with a bad line brings nothing"
        (checked, *_rest) = panel.checked(Equipment.get_by_id(1), DAY, ZONE)
        assert checked.qc.result == "limited" and checked.figure.by_source["imported"] == 21
        assert checked.apart == 20 - checked.figure.by_source["current"] < 0
    page = technician.get(f"/usage/1?day={DAY}").text
    assert f"{-checked.apart} more measured than told by people" in page


def test_steps_that_dicom_tells_of_are_held_against_the_current(used):
    with used.app.app_context():
        second = START_MS + DAY_MS, START_MS + 2 * DAY_MS
        by_current = [(one.start_ms, one.end_ms) for one in models.Exam.within(1, *second)]
        steps = [*by_current[2:], (START_MS + DAY_MS + 60_000, None)]  # two are not told, one is told at night
        records = [one for n, step in enumerate(steps) for one in records_of(n, *step)]
        with db.write():
            for one in records:
                gateways.store(gateways.Gateway.get_by_id(1), *(one[name] for name in ORDER), START_MS)
        running.Rounds().go(START_MS + 3 * DAY_MS, ZONE)
        told = [one for one in models.Exam.within(1, *second) if one.source == "mpps"]
        assert len(told) == len(steps) and {one.count for one in told} == {1}
        found = beside(by_current, [(one.start_ms, one.end_ms) for one in told])
        assert (found.both, found.only_current, found.only_dicom) == (len(by_current) - 2, 2, 1)
        assert panel.modes(Equipment.get_by_id(1), 0, 2**50) == [("head", "routine", len(steps))]


def records_of(n, start, end):
    """The two records of a step, to the minute, as a gateway sends them."""
    body = {"step": f"{n:032x}", "started_ms": start // 60_000 * 60_000, "body_part": "head", "protocols": ["routine"]}
    done = {"state": "completed", "ended_ms": (end or start) // 60_000 * 60_000}
    for last, more in enumerate(({"state": "in_progress"}, done)):
        yield {
            "source_id": "ct-01",
            "seq": 2 * n + last + 1,
            "kind": "mpps",
            "ts_ms": end or start,
            "body": body | more,
        }


@pytest.mark.parametrize("what,value,reason,told", [
    ("exams", "-1", "no", "“-1” is no number from 0 to 2000."), ("exams", "3", " ", "this one has 0"),
    ("power", "3", "x", "“power” cannot be corrected."), ("exams_typed", "2.5", "", "2.5 is no whole number"),
    ("qc", "", "", "none of the choices"),
])  # fmt: skip
def test_what_is_not_kept_is_said_in_the_readers_language(technician, used, what, value, reason, told):
    said(technician, what=what, value=value, reason=reason)
    assert told in technician.get(f"/usage/1?day={DAY}").text
    technician.post("/language", "/usage/1", language="zh_CN")
    said(technician, what=what, value=value, reason=reason)
    page = technician.get(f"/usage/1?day={DAY}").text
    assert told not in page and any(word in page for word in ("不是", "不能更正", "原因须为", "不在可选项中"))


def test_a_month_is_taken_out_as_a_spreadsheet_with_the_same_figures(technician, used):
    said(technician, what="working_h", value="3", reason="=HYPERLINK(1)")
    answer = technician.get(f"/usage/1/export?day={DAY}")
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["days", "months", "sessions", "examinations"]
    days = {row[0].date(): row for row in book["days"].iter_rows(min_row=5, values_only=True)}
    with used.app.app_context():
        (figure,) = figures.figures(Equipment.get_by_id(1), DAY, DAY, ZONE)
    assert days[DAY][1] == figure.exams and days[DAY][4] == pytest.approx(figure.working_h, abs=0.01)
    assert book["examinations"].max_row > figure.exams
    assert days[DAY][-1] == "working_h: =HYPERLINK(1)"
    technician.post("/language", "/usage/1", language="zh_CN")
    book = load_workbook(io.BytesIO(technician.get(f"/usage/1/export?day={DAY}").data))
    assert book.sheetnames[0] == "各日" and "检查例数" in [cell.value for cell in book["各日"][4]]


ORDER = ("source_id", "seq", "kind", "ts_ms", "body")


def test_the_day_on_which_a_terminal_moves_is_divided(site):
    now = now_ms()
    day = day_at(now, ZONE) - timedelta(days=1)
    begins_ms = readings.bounds_of(day, ZONE)[0]
    with site.app.app_context():
        second = equipment.add_equipment(CT | {"asset_number": "A-2"}, now)
        equipment.bind("ct-01", "A-2", now, from_ms=begins_ms + 9 * HOUR_MS + 1)
        with db.write():
            readings.put_states("ct-01", {begins_ms + n * HOUR_MS // 4: (0, 0, 0, 900) for n in range(96)})
        both = [equipment.equipment_named("A-0001"), second]
        ((before,), (after,)) = [figures.figures(one, day, day, ZONE) for one in both]
        assert (before.working_h, after.working_h) == (9.25, 14.75), "a quarter hour counts where it began"
        weeks = [panel.around(one, day, ZONE).week[-1][1] for one in both]
        assert weeks[0] == [1.0] * 9 + [0.25] + [0] * 14 and weeks[1] == [0] * 9 + [0.75] + [1.0] * 14
