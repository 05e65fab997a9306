"""A real browser for tests: the system's chromium, driven by playwright."""

from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.needs import require_program

SCREENSHOTS = Path(__file__).parents[2] / ".test/screenshots"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
FLAGS += ("--disable-sync", "--no-first-run")


@contextmanager
def page(width=1440, height=900, locale="en-US"):
    """A page of a fresh browser; errors of its console fail the test at the end."""
    path = require_program("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, ignore_https_errors=True
        )
        shown = context.new_page()
        errors = []
        shown.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        shown.on("pageerror", lambda error: errors.append(str(error)))
        yield shown
        browser.close()
        assert not errors, errors


def sign_in(shown, url, user, password):
    """Sign in and land on the first page."""
    shown.goto(url)
    shown.fill("[name=name]", user)
    shown.fill("[name=password]", password)
    shown.click("[type=submit][name=submit]")
    shown.wait_for_url(url + "/")


def keep(shown, name):
    """A screenshot of the whole page under .test/screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shown.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
