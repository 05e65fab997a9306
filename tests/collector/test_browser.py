"""The pages in a real browser: three widths, two languages, live without reloading, nothing complained about."""

import signal

import pytest

from tests.collector.browser import SCREENSHOTS, hospital_served, settle, signed_in

WIDTHS = (360, 820, 1440)
LOCALES = ("en-US", "zh-CN")

pytestmark = pytest.mark.once("what a browser makes of pages; their questions are asked by the tests without one")


@pytest.fixture(scope="module")
def hospital(built, server, tmp_path_factory):
    with hospital_served(built, server, tmp_path_factory.mktemp("browser") / "data") as here:
        yield here


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_their_width_and_the_console_stays_silent(hospital, chromium, locale, width):
    address = hospital[2]
    with signed_in(chromium, address, locale, width) as (page, complaints):
        for name, path in (("overview", "/"), ("equipment", "/equipment/2?span=day"), ("missing", "/nowhere")):
            page.goto(address + path)
            if name == "equipment":
                page.wait_for_selector("[data-chart=humidity_pct][data-points]")
            page.wait_for_timeout(150)
            page.screenshot(path=SCREENSHOTS / f"{name}-{locale}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert [text for text in complaints if "404" not in text] == []


def test_the_overview_puts_what_needs_a_person_first(hospital, chromium):
    with signed_in(chromium, hospital[2], "en-US", 1440) as (page, _complaints):
        states = page.eval_on_selector_all("[data-equipment]", "cards => cards.map(card => card.dataset.state)")
        assert states == ["silent", "never", "late", "live", "live"]
        assert page.locator("[data-count=silent]").inner_text().split() == ["Silent", "1"]


@pytest.mark.parametrize("span,least", [("hour", 90), ("day", 500), ("month", 20)])
def test_a_chart_draws_the_points_of_its_span(hospital, chromium, span, least):
    with signed_in(chromium, hospital[2], "en-US", 820) as (page, complaints):
        page.goto(f"{hospital[2]}/equipment/2?span={span}")
        page.wait_for_selector("[data-chart=humidity_pct][data-points]")
        for channel in ("current_a", "temperature_c", "humidity_pct"):
            assert least <= int(page.locator(f"[data-chart={channel}]").get_attribute("data-points")) <= 730
        assert complaints == []


def test_a_language_is_switched_where_one_is(hospital, chromium):
    with signed_in(chromium, hospital[2], "en-US", 820) as (page, _complaints):
        page.goto(f"{hospital[2]}/equipment/2?span=day")
        page.click("text=中文")
        settle(page)
        assert page.url.endswith("/equipment/2?span=day")
        assert "湿度" in page.locator("main").inner_text()


def test_a_page_says_since_when_it_is_stale_and_recovers(hospital, chromium):
    _folder, process, address = hospital
    with signed_in(chromium, address, "en-US", 820) as (page, _complaints):
        settle(page)
        process.send_signal(signal.SIGSTOP)
        try:
            page.wait_for_selector("#stale:not([hidden])", timeout=20_000)
            assert "No answer from the collector since" in page.locator("#stale").inner_text()
            page.screenshot(path=SCREENSHOTS / "stale.png")
        finally:
            process.send_signal(signal.SIGCONT)
        page.wait_for_selector("#stale", state="hidden", timeout=20_000)
