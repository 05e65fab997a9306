"""Examinations of many units from a spreadsheet: looked at, then all lines or none, nothing twice."""

import io

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from collector import db, equipment
from collector.__main__ import main
from collector.running.models import Exam
from tests.collector.people import acts
from tests.collector.site import CT, now_ms

GOOD = "asset_number,day,examinations\nA-0001,2026-01-02,21\nA-2,2026-01-02,8\nA-0001,2026-01-03,22\n"


@pytest.fixture
def two(site):
    """The hospital with a second unit, and the function that runs `exams import` over a file's content."""
    with site.app.app_context():
        equipment.add_equipment(CT | {"asset_number": "A-2", "name": "CT 2"}, now_ms())
    path = site.data_dir / "exams"

    def run(content, *words):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CliRunner().invoke(main, ["--data", str(site.data_dir), "exams", "import", str(path), *words])

    return run


def kept():
    rows = Exam.select(Exam.source_key, Exam.count).where(Exam.source == "imported").order_by(Exam.id)
    return list(rows.tuples())


def test_a_dry_run_says_what_would_come_and_brings_nothing(two):
    done = two(GOOD, "--dry-run")
    assert done.exit_code == 0 and "3 new, 0 changed, 0 there already; nothing was brought in" in done.output
    assert kept() == []


def test_lines_come_once_and_a_changed_one_takes_the_place_of_the_one_before(two):
    assert "3 new" in two(GOOD).output and len(kept()) == 3
    again = two(GOOD.replace("03,22", "03,25") + "A-0001,2026-01-02,21\n")
    assert "0 new, 1 changed, 2 there already" in again.output
    assert sorted(kept()) == [("2026-01-02", 8), ("2026-01-02", 21), ("2026-01-03", 25)]
    assert len(acts("exams.imported")) == 4


def test_one_wrong_line_keeps_all_out_and_each_is_named(two):
    bad = GOOD + "A-9,2026-01-02,1\nA-2,2026-02-30,1\nA-2,2999-01-01,1\nA-2,2026-01-04,1.5\nA-2,2026-01-02,9\n"
    done = two(bad)
    assert done.exit_code == 1 and kept() == []
    for line in (
        "line 5: there is no equipment with asset number 'A-9'",
        "line 6: '2026-02-30' is no day",
        "line 7: 2999-01-01 has not begun",
        "line 8: 1.5 is no number of examinations",
        "line 9: A-2 has 8 on 2026-01-02 in another line, here 9",
    ):
        assert line in done.output


def test_an_xlsx_file_does_as_well(two):
    book, out = Workbook(), io.BytesIO()
    for row in (("资产编号", "日期", "检查例数"), ("A-0001", "2026-01-02", 21)):
        book.active.append(row)
    book.save(out)
    assert "1 new" in two(out.getvalue()).output and kept() == [("2026-01-02", 21)]
    db.database.close()


def test_what_is_no_spreadsheet_is_refused_in_one_line(two):
    done = two(b"PK\x03\x04 no such thing")
    assert done.exit_code == 1 and len(done.output.splitlines()) == 1
