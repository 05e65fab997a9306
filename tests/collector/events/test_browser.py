"""A hot room from its reading to the engineer's phone: seen on 360 pixels, told, handled, evaluated, closed."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from collector import db
from tests.collector.browser import SCREENSHOTS, hospital_served, settle, signed_in, visitor
from tests.collector.notify.mailboxes import mail_server
from tests.collector.notify.told import mailed
from tests.collector.site import block, now_ms
from tests.collector.test_shell import RULES

pytestmark = pytest.mark.once("what a browser makes of pages; their questions are asked by the tests without one")


@pytest.fixture(scope="module")
def hospital(built, server, tmp_path_factory):
    with hospital_served(built, server, tmp_path_factory.mktemp("events") / "data") as (folder, _process, address):
        yield folder, address, built[1]


def upload(hospital, first, *steps):
    folder, address, credentials = hospital
    body = {"sent_ms": now_ms(), "readings": [block(first, len(steps), columns={"temperature_c": list(steps)})]}
    body |= {"records": [], "gaps": []}
    with visitor(folder, address, headers={"Authorization": f"Bearer {credentials['gw-1']}"}) as gateway:
        assert gateway.post("/a02/v1/batches", json=body).status_code == 200


def look(page, word, broken):
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, word
    settle(page)
    page.screenshot(path=SCREENSHOTS / f"events-{word}-360.png", full_page=True)
    violations = Axe().run(page, options=RULES).response["violations"]
    broken += [(word, one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in violations]


def test_a_hot_room_is_told_and_handled_from_a_phone(hospital, chromium):
    folder, address, _credentials = hospital
    with mail_server() as (box, port):
        db.open_database(folder)
        mailed(port, severity="serious")
        db.database.close()
        upload(hospital, 1, 2200)
        time.sleep(2.5)  # who begins to follow begins with what comes from then on
        began = time.time()
        upload(hospital, 2, 3100)
        with signed_in(chromium, address, "zh-CN", 360) as (page, complaints):
            broken = []
            until = time.time() + 30
            while not any("CT 1" in title for _at, title, _text in box.mails):
                assert time.time() < until
                time.sleep(0.1)
            assert box.mails[-1][0] - began < 15
            page.goto(address + "/events")
            look(page, "inbox", broken)
            page.click(".happening a")
            look(page, "one", broken)
            page.click("button[value=acknowledge]")
            page.fill("#act textarea", "风扇已更换")
            page.click("button[value=resolve]")
            page.fill("#evaluation textarea[name=text]", "轴承磨损")
            look(page, "evaluation", broken)
            page.click("#evaluation button")
            page.click("button[value=close]")
            assert "已关闭" in page.inner_text("#state") and page.locator("#told li").count() >= 1
            for path in ("wall", "report", "statistics"):
                page.goto(f"{address}/events/{path}")
                look(page, path, broken)
            for path in ("rules/new", "notify"):
                page.goto(f"{address}/{path}")
                look(page, path.replace("/", "-"), broken)
            assert broken == [] and complaints == []
