"""The page beside the gateway in a real browser: it fits a phone and a desk, in both languages."""

import asyncio
import threading
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from firmware.gateway.page import Page
from tests.collector.browser import CHROMIUM, SCREENSHOTS
from tests.firmware.gateway.test_page import furnished
from tests.needs import require_program
from tests.ports import free_port


@contextmanager
def served(folder):
    """The address of a page with all kinds of terminals and needs on it."""
    settings, seen = furnished(folder)
    settings["page.port"] = free_port()
    loop = asyncio.new_event_loop()
    serving = loop.create_task(Page(settings, lambda: seen, folder / "gateway.pem").run())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{settings['page.port']}"
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_program("chromium", "chromium"), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits_its_width_and_the_console_stays_silent(tmp_path, browser, language, width):
    with served(tmp_path) as address:
        page = browser.new_page(viewport={"width": width, "height": 800})
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{address}/?{language}")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"gateway-{language}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("getComputedStyle(document.querySelector('article')).borderTopStyle") == "solid"
        assert page.evaluate("document.documentElement.lang") == language
        assert page.locator("ul.needs li").first.bounding_box()["y"] < page.locator("article").first.bounding_box()["y"]
        smallest = page.evaluate("Math.min(...[...document.querySelectorAll('nav a')].map(a => a.offsetHeight))")
        assert smallest >= 40, "a finger must hit it"
        assert said == [] or all("favicon" in one for one in said)
        page.close()
