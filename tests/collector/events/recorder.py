"""A browser that lets a page record its own tab, since nobody is there to say so, and how to look at what it made."""

import time
from contextlib import contextmanager

from collector import db, equipment, events
from tests.collector.browser import CHROMIUM
from tests.collector.site import now_ms
from tests.needs import require_program

THIS_TAB = "--auto-accept-this-tab-capture"
PREFER = """
  const ask = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getDisplayMedia = (asked) => ask({ ...asked, preferCurrentTab: true });
"""
PLAYED = """async (film) => {
  film.muted = true;
  await film.play();
  await new Promise((go) => setTimeout(go, 600));
  return [film.videoWidth > 0, film.currentTime > 0.2, film.error && film.error.message];
}"""
PLAYS = [True, True, None]  # what PLAYED gives of a film that has pictures, goes on, and is not broken
OF_CAPTURE = "Permissions policy violation: camera is not allowed in this document."  # Chromium's, of any capture


@contextmanager
def recorder_of(chromium):
    """Another browser of the same kind that records."""
    path = require_program("chromium", "chromium")
    here = chromium.browser_type.launch(executable_path=path, args=[*CHROMIUM, THIS_TAB])
    yield here
    here.close()


def happen(folder):
    """Give the hospital of a folder an event that a person reported."""
    db.open_database(folder)
    one = equipment.equipment_named("A-0001")
    events.report(one, "serious", "smoke", now_ms(), [], now_ms())
    db.database.close()


def begin(page):
    """Record the tab, and wait until some of it is kept."""
    page.evaluate(PREFER)
    page.click("[data-part=record]")
    until = time.monotonic() + 15
    while page.locator("[data-part=progress]").evaluate("bar => bar.value") < 2000:
        assert time.monotonic() < until, page.inner_text("[data-part=said]")
        time.sleep(0.2)


def end(page, kept):
    """Stop recording and wait until the page says that all of it is kept."""
    page.click("[data-part=stop]")
    page.wait_for_selector(f"text={kept}", timeout=30_000)
