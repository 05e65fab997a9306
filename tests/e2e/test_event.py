"""The whole way of an event: a hot chip, mail and webhook, a phone that handles it, a recording, its end."""

import subprocess
import sys
import time
import zipfile

from collector.demo.hospital import MACHINES
from collector.demo.processes import ROOT
from tests.collector.browser import SCREENSHOTS, browser, settle, signed_in
from tests.collector.events.recorder import OF_CAPTURE, PLAYED, PLAYS, begin, end, recorder_of
from tests.e2e import told

CT = MACHINES[0]
WITHIN_S = 30
QUICK = "[upload]\nevery_s = 1.0\n"
STEPS = ["raised", "acknowledge", "begin", "record", "note", "cleared", "resolve", "evaluate", "close"]


def wait_until(holds):
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {WITHIN_S} s"
        time.sleep(0.3)


def said(page):
    """What the page says of how far the event is."""
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    return page.inner_text("#state")


def handled(page):
    """Seen, worked on, recorded, played, written down."""
    page.click("button[value=acknowledge]")
    assert "acknowledged" in said(page)
    page.click("button[value=begin]")
    assert "in progress" in said(page)
    begin(page)
    end(page, "Kept with the event")
    assert page.locator("#happened video").evaluate(PLAYED) == PLAYS
    page.fill("#act textarea", "air conditioning switched on again; the screen of its panel is recorded")
    page.click("button[value=note]")
    settle(page)


def brought_to_its_end(page):
    """Resolved, evaluated, closed."""
    page.reload()
    page.fill("#act textarea", "22 degrees again")
    page.click("button[value=resolve]")
    assert "resolved" in said(page)
    page.select_option("#evaluation [name=cause]", "cooling")
    page.fill("#evaluation textarea[name=text]", "its breaker had tripped")
    page.fill("#evaluation [name=hours]", "0.5")
    page.click("#evaluation button")
    assert "evaluated" in said(page)
    page.click("button[value=close]")
    assert "closed" in said(page) and page.locator("#recordings").count() == 0
    page.screenshot(path=SCREENSHOTS / "e2e-event-360.png", full_page=True)


def packed(page, site, folder):
    """The members of the event's bundle, as the browser saves it and the command of any machine finds it whole."""
    with page.expect_download() as coming:
        page.click("a[href$='bundle.zip']")
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    verify = [sys.executable, "-m", "collector", "--data", site.folder / "collector", "event", "verify", path]
    said = subprocess.run(verify, cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    with zipfile.ZipFile(path) as members:
        return set(members.namelist())


def test_an_event_goes_from_a_hot_chip_to_its_end(tmp_path):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with (
        told.people() as (addresses, mails, hooks),
        told.chain_of(tmp_path, (CT,), QUICK, addresses, window_s=1) as chain,
        browser() as chromium,
        recorder_of(chromium) as recording,
        signed_in(recording, chain.site.url, "en-US", 360) as (page, complaints),
    ):
        told.play(chain, CT, temperature_c=told.COOL_C, humidity_pct=45.0)
        chain.wait_for_readings(CT.terminal_id, 3)
        told.play(chain, CT, temperature_c=told.HOT_C, humidity_pct=45.0)
        wait_until(lambda: told.begins(CT, mails()) and told.begins(CT, hooks()))
        ((number,),) = chain.rows("SELECT id FROM event WHERE severity = 'critical'")
        page.goto(f"{chain.site.url}/events/{number}")
        assert f"{told.HOT_C} °C" in page.inner_text("h1") and page.locator("#told li").count() == 2
        handled(page)
        told.play(chain, CT, temperature_c=told.COOL_C, humidity_pct=45.0)
        wait_until(lambda: any(f"{told.RULE} (is over)" in text for _at, text in mails()))
        brought_to_its_end(page)
        assert packed(page, chain.site, tmp_path) >= {"report.pdf", "readings.csv", "audit.jsonl", "files/1.webm"}
        assert [text for text in complaints if text != OF_CAPTURE] == []
        steps = chain.rows("SELECT action FROM step WHERE event_id = ? ORDER BY id", number)
        assert [action for (action,) in steps] == STEPS
        told_of = "SELECT state, attempts FROM notification WHERE about = ?"  # raised and over, by mail and webhook
        wait_until(lambda: chain.rows(told_of, f"event {number}") == [("sent", 1)] * 4)
        acts = chain.rows("SELECT action FROM audit_row WHERE record = ? ORDER BY number", f"event {number}")
        assert [action for (action,) in acts if action.startswith("event.")] == [
            f"event.{step}" for step in (*STEPS, "export") if step not in ("raised", "cleared")
        ]
