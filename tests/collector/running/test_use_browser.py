"""Use in a real browser: from a day to its current, week, month, year, class, spreadsheet, correction; on a phone."""

import pytest
from openpyxl import load_workbook

from collector import db, running
from tests.bench.running.trace import make
from tests.collector.browser import SCREENSHOTS, hospital_served, settle, signed_in
from tests.collector.running.test_hours import DAY_MS, START_MS, ZONE, bring

pytestmark = pytest.mark.once("what a browser makes of pages; their questions are asked by the tests without one")

DAY = "2026-01-02"
BEFORE = {"until_on": "2025-12-31", "on_h": "100", "exams": "1000", "source": "计数器", "reason": "接管"}


def lived(data_dir):
    """Give the first unit three days of current, and tell its hours."""
    db.open_database(data_dir)
    trace = make("CT", 5, 3, 60, "rough")
    bring(trace, range(len(trace.ts_ms)))
    running.Rounds().go(START_MS + 3 * DAY_MS, ZONE)
    db.database.close()


@pytest.fixture(scope="module")
def hospital(built, server, tmp_path_factory):
    with hospital_served(built, server, tmp_path_factory.mktemp("use") / "data", lived) as here:
        yield here[2]


def seen(page, name, width):
    """Keep a picture; nothing lies beyond the width."""
    settle(page)
    page.screenshot(path=SCREENSHOTS / f"use-{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_use_is_read_corrected_set_and_taken_away(hospital, chromium, tmp_path):
    with signed_in(chromium, hospital, "zh-CN", 360) as (page, complaints):
        page.goto(f"{hospital}/usage")
        seen(page, "class", 360)
        page.click("table.rows tbody a[href='/usage/1']")
        page.goto(f"{hospital}/usage/1?day={DAY}")
        assert page.locator("#day .ribbon rect").count() > 20 and page.locator("#trace polyline").count() >= 2
        assert page.locator("#trace rect.in-working").count() > 5, "states are drawn behind the current"
        assert page.locator("#by-hour rect").count() and page.locator("#year rect").count()
        seen(page, "day", 360)
        page.locator("#week a").first.click()
        page.wait_for_url("**#trace")
        page.goto(f"{hospital}/usage/1?day={DAY}")
        page.locator("#month a").nth(2).click()
        page.wait_for_url("**day=2026-01-03*#trace")
        page.goto(f"{hospital}/usage/1?day={DAY}")
        form = page.locator("#say form:has(select[name=what])")
        form.locator("[name=what]").select_option("exams")
        form.locator("[name=value]").fill("17")
        form.locator("[name=reason]").fill("两例重复")
        form.locator("button").click()
        page.wait_for_selector("#corrections >> text=两例重复")
        row = page.locator(f"#sources tr:has(a[href*='{DAY}'])")
        assert row.locator("b").inner_text() == "17" and int(row.locator("td").nth(4).inner_text()) > 20
        page.goto(f"{hospital}/usage/settings")
        page.fill("[name=value]", "1.25")
        page.fill("[name=from_on]", "2026-01-01")
        page.fill("[name=reason]", "新电价")
        page.click("#set button")
        page.wait_for_selector("#history >> text=新电价")
        seen(page, "settings", 360)
        page.goto(f"{hospital}/usage/1?day={DAY}")
        assert "1.25" in page.locator("#supply").inner_text()
        page.goto(f"{hospital}/usage/1/lifetime")
        for name, text in {
            "until_on": "2025-12-31",
            "on_h": "100",
            "exams": "1000",
            "source": "计数器",
            "reason": "接管",
        }.items():
            page.fill(f"#before [name={name}]", text)
        page.click("#before button")
        page.wait_for_selector("#history >> text=接管")
        assert int(page.locator("#total td").nth(2).inner_text()) > 1000
        seen(page, "lifetime", 360)
        assert complaints == []
    with signed_in(chromium, hospital, "en-US", 1440, accept_downloads=True) as (page, complaints):
        page.goto(f"{hospital}/usage/1?day={DAY}")
        seen(page, "day", 1440)
        with page.expect_download() as coming:
            page.click("a[href*='/usage/1/export']")
        coming.value.save_as(tmp_path / "use.xlsx")
        days = {
            str(row[0])[:10]: row
            for row in load_workbook(tmp_path / "use.xlsx")["days"].iter_rows(min_row=5, values_only=True)
        }
        assert days[DAY][1] == 17 and "两例重复" in days[DAY][-1]
        assert complaints == []
