"""A limit in a real browser: set for a class, inherited and drawn, overridden, ended; on a phone, in Chinese."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.collector.browser import SCREENSHOTS, hospital_served, settle, signed_in

pytestmark = pytest.mark.once("what a browser makes of pages; their questions are asked by the tests without one")

CHART = "[data-chart=temperature_c]"


@pytest.fixture(scope="module")
def hospital(built, server, tmp_path_factory):
    with hospital_served(built, server, tmp_path_factory.mktemp("browser") / "data") as here:
        yield here[2]


def fill(page, **fields):
    """Write a temperature limit with its source and reason."""
    page.select_option("[name=indicator]", "temperature_c:value")
    for name, text in fields.items():
        page.fill(f"[name={name}]", text)


def seen(page, name, width):
    """Keep a picture; nothing lies beyond the width."""
    settle(page)
    page.screenshot(path=SCREENSHOTS / f"environment-{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def drawn(page, url):
    """How many limits the chart of temperature shows, once it has its points."""
    page.goto(url)
    page.wait_for_selector(f"{CHART}[data-points]")
    assert int(page.locator(CHART).get_attribute("data-points")) > 300
    return int(page.locator(CHART).get_attribute("data-bands"))


def test_a_limit_is_set_for_a_class_drawn_inherited_overridden_and_ended(hospital, chromium):
    one, width = f"{hospital}/environment/2", 360
    with signed_in(chromium, hospital, "zh-CN", width) as (page, complaints):
        assert drawn(page, one) == 1  # the default
        page.goto(f"{hospital}/environment/limits")
        seen(page, "limits", width)
        page.click("tr[data-level=class] >> nth=0 >> a")
        page.click(".heading .btn-primary")
        fill(
            page,
            low_alarm="15",
            low_warning="18 °C",
            high_warning="25",
            high_alarm="27",
            source="GB 1",
            reason="新机房",
        )
        page.fill("[name=from_on]", "2026-01-01")
        page.click("#limit [name=look]")
        page.wait_for_selector("#preview")
        assert page.locator("#preview tbody tr").count() == 2
        seen(page, "preview", width)
        page.click("[name=keep]")
        page.wait_for_selector("#history [data-limit]")
        seen(page, "class", width)
        assert drawn(page, one) == 1
        now = page.locator("#now [data-indicator='temperature_c:value']")
        assert all(word in now.inner_text() for word in ("GB 1", "在限值内", "27 °C"))
        page.click(".heading .btn-primary")
        fill(page, high_alarm="21.5", low_alarm="15", source="Letter 7", reason="球管")
        page.fill("[name=from_on]", datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat())
        page.click("[name=keep]")
        assert drawn(page, one) == 2  # that of the class until this morning, then its own
        assert now.locator("[data-bound]").all_inner_texts()[-1].endswith("21.5 °C") and "GB 1" not in now.inner_text()
        seen(page, "one", width)
        now.locator("summary").click()
        now.locator("[name=reason]").fill("球管已更换")
        now.locator("button").click()
        page.wait_for_selector("text=球管已更换")
        assert "GB 1" in now.inner_text() and page.locator("#history [data-limit]").count() == 3
        page.goto(f"{hospital}/environment")
        seen(page, "overview", width)
        assert complaints == []
    with signed_in(chromium, hospital, "en-US", 1440) as (page, complaints):
        assert drawn(page, one) == 3  # and that of the class again
        seen(page, "one", 1440)
        page.goto(f"{hospital}/environment")
        seen(page, "overview", 1440)
        assert complaints == []
