"""A recording made in a browser of 360 pixels: the collector is killed in the middle, and all of it comes."""

import os
import signal
from contextlib import ExitStack

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.collector.browser import SCREENSHOTS, hospital_served, serving, settle, signed_in
from tests.collector.events.parts import mp4
from tests.collector.events.recorder import OF_CAPTURE, PLAYED, PLAYS, begin, end, happen, recorder_of
from tests.collector.test_shell import RULES

pytestmark = pytest.mark.once("what a browser makes of pages; their questions are asked by the tests without one")


@pytest.fixture(scope="module")
def recording(chromium):
    with recorder_of(chromium) as here:
        yield here


def look(page, word, broken):
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, word
    page.screenshot(path=SCREENSHOTS / f"recording-{word}-360.png", full_page=True)
    violations = Axe().run(page, options=RULES).response["violations"]
    broken += [(word, one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in violations]


def test_a_screen_is_recorded_while_the_collector_is_killed_and_played_back(built, server, recording, tmp_path):
    broken = []
    with ExitStack() as stack:
        hospital = hospital_served(built, server, tmp_path / "data", happen)
        folder, process, address = stack.enter_context(hospital)
        page, complaints = stack.enter_context(signed_in(recording, address, "en-US", 360))
        page.goto(address + "/events/1")
        settle(page)
        begin(page)
        assert "Recording: 0:" in page.inner_text("[data-part=said]")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        page.wait_for_selector("text=No connection")
        look(page, "cut", broken)
        stack.enter_context(serving(folder, "--port", address.rpartition(":")[2]))
        page.wait_for_selector("text=Recording: 0:", timeout=30_000)
        end(page, "Kept with the event")
        film = page.locator("#happened video")
        assert film.evaluate(PLAYED) == PLAYS
        look(page, "kept", broken)
        number = film.get_attribute("src").rpartition("/")[2]
        said = page.request.get(f"{address}/events/1/files/{number}", headers={"Range": "bytes=0-99"})
        assert said.status == 206 and len(said.body()) == 100
        assert broken == []
        assert [text for text in complaints if "net::ERR_CONNECTION" not in text and text != OF_CAPTURE] == []


def test_a_file_of_a_telephone_goes_on_after_its_page_was_closed(built, server, chromium, tmp_path):
    film, broken = tmp_path / "IMG_1.MOV", []
    film.write_bytes(mp4(3 << 20, b"qt  "))
    with (
        hospital_served(built, server, tmp_path / "data", happen) as (_folder, _process, address),
        signed_in(chromium, address, "zh-CN", 360, has_touch=True, is_mobile=True) as (page, _complaints),
    ):
        page.goto(address + "/events/1")
        assert page.locator("[data-part=film]").is_visible()
        page.route("**/recordings/1", lambda route: route.abort() if _is_later(route) else route.continue_())
        choose = "[data-part=buttons] input:not([capture])"
        page.set_input_files(choose, film)
        page.wait_for_selector("text=连接已断开")
        page.context.set_offline(True)  # what still waits for the route would go through when its page is left
        page.goto("about:blank")
        page.context.set_offline(False)
        page.goto(address + "/events/1")
        settle(page)
        assert "1.0 / 3.0 MB" in page.inner_text("#under-way")
        look(page, "not-finished", broken)
        page.unroute("**/recordings/1")
        asked = []
        page.on("request", lambda request: request.method == "PATCH" and asked.append(request.headers["upload-offset"]))
        page.set_input_files(choose, film)
        page.wait_for_selector("text=已保存到事件", timeout=30_000)
        assert asked == [str(1 << 20), str(2 << 20), str(3 << 20)] and page.locator("#under-way li").count() == 0
        assert page.locator("#happened video").count() == 1 and broken == []


def _is_later(route):
    return route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0"
