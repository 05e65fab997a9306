"""The shell in a real browser: every page at three widths in two languages, light and dark, by keyboard and for axe."""

import re
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from collector import db, equipment, events, gateways, notify
from collector.gateways import images
from tests.collector.browser import SCREENSHOTS, hospital_served, signed_in
from tests.collector.site import now_ms
from tests.fakes.slots import NEW, image_of, key_list

REGISTER = ("/register", "/register/2", "/register/2/change", "/register/import", "/register/2/card", "/register/new")
REGISTER += ("/register/2/bind", "/register/life")
SURROUNDINGS = ("/environment", "/environment/2", "/environment/limits", "/environment/limits/of?kind=CT")
SURROUNDINGS += ("/environment/limits/new?kind=CT",)
EVENTS = ("/events", "/events/1", "/events/report", "/events/statistics", "/events/wall", "/rules", "/rules/1")
EVENTS += ("/rules/new", "/notify")
PAGES = {
    "admin": (
        "/",
        "/equipment/2",
        "/terminals",
        "/terminals/ct-01",
        "/gateways",
        "/search?q=CT",
        "/account",
        "/account/tokens",
        "/usage",
        "/usage/2",
        "/usage/2/lifetime",
        "/usage/settings",
        "/rollouts",
        "/rollouts/1",
        *REGISTER,
        *SURROUNDINGS,
        *EVENTS,
    ),
    "chen": ("/people", "/people/new", "/people/1", "/account/password", "/account/second-factor"),
    "liu": ("/audit", "/people/1", "/nowhere", "/terminals"),
}
# seen by nobody who is signed in: test_walk.py has them; or no page: files and spreadsheets
ELSEWHERE = {"/sign-in", "/sign-in/second", "/invitation/<code>", "/health", "/vendored/chart.js", "/audit/export"}
ELSEWHERE |= {"/environment/<int:equipment_id>/export", "/register/export", "/usage/<int:equipment_id>/export"}
ELSEWHERE |= {"/events/<int:event_id>/files/<int:file_id>", "/terminals/<terminal_id>/installations/<int:number>/photo"}
ELSEWHERE |= {"/events/export", "/events/<int:event_id>/report.pdf", "/events/<int:event_id>/bundle.zip"}
ELSEWHERE |= {"/register/<int:equipment_id>/documents/<int:document_id>", "/register/import/progress"}
pytestmark = pytest.mark.once("what a browser makes of pages; their questions are asked by the tests without one")

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@pytest.fixture(scope="module")
def hospital(built, server, tmp_path_factory):
    with hospital_served(built, server, tmp_path_factory.mktemp("shell") / "data", lived) as here:
        yield here


def lived(data_dir):
    """Give it an event, a rule, somebody who is told, and a rollout under way."""
    db.open_database(data_dir)
    now = now_ms()
    machine = equipment.equipment_named("A-0001")
    events.report(machine, "serious", "smoke at the gantry", now, [], now)
    hot = {"kind": "above", "channel": "temperature_c", "limit": 28.0, "hysteresis": 1.0}
    events.keep_rule("Hot", {"kind": "CT"}, events.Rule("", hot), "a test", now)
    recipient = notify.add_recipient("Li", "email", "mailto://127.0.0.1:9?from=a@b.example&to=li@c.example")
    route = notify.add_route(recipient, "warning", "12345", 480, 1020, "wait", 15, "")
    other = notify.add_recipient("Wang", "email", "mailto://127.0.0.1:9?from=a@b.example&to=wang@c.example")
    notify.add_swap(route, other, date.today(), date.today() + timedelta(days=6))
    said = {"ct-01": {"board": "simulated", "trial": False, "version": "0.1.0"}}
    with db.write():
        gateways.store(gateways.Gateway.get_by_id(1), "gw-1", 1, "status", now, said, now)
    images.trust(data_dir, key_list())
    image = images.add_image(data_dir, image_of(NEW)[1], now)
    gateways.start_rollout(image.image_id, "rest", 60, 1, "test", "a test", now)
    db.database.close()


def test_every_page_there_is_is_looked_at(site):
    seen = {path.partition("?")[0] for paths in PAGES.values() for path in paths}
    rules = [rule for rule in site.app.url_map.iter_rules() if "GET" in rule.methods and rule.rule not in ELSEWHERE]
    rules = [rule for rule in rules if not rule.rule.startswith(("/api/", "/a02/", "/static/", "/bootstrap/"))]
    unseen = [
        rule.rule
        for rule in rules
        if not any(re.fullmatch(re.sub("<[^>]+>", "[^/]+", rule.rule), path) for path in seen)
    ]
    assert len(rules) > 35 and unseen == []


def visits(page, address, name):
    """Each page of somebody once it is shown, with a word for its picture."""
    for path in PAGES[name]:
        page.goto(address + path)
        page.wait_for_selector("main h1")
        yield path, path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-") or "first"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "locale,width,scheme", [("en-US", 360, "dark"), ("zh-CN", 820, "light"), ("en-US", 1440, "dark")]
)
def test_every_page_fits_its_width_and_is_clean_for_axe(hospital, chromium, name, locale, width, scheme):
    with signed_in(chromium, hospital[2], locale, width, name, color_scheme=scheme) as (page, complaints):
        broken = []
        for path, word in visits(page, hospital[2], name):
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            page.screenshot(path=SCREENSHOTS / f"{name}-{word}-{locale}-{width}.png", full_page=True)
            for one in Axe().run(page, options=RULES).response["violations"]:
                broken.append((path, one["id"], [node["html"][:120] for node in one["nodes"][:3]]))
        assert broken == []
        assert [text for text in complaints if "404" not in text and "403" not in text] == []


def test_the_shell_is_used_by_keyboard_alone(hospital, chromium):
    with signed_in(chromium, hospital[2], "en-US", 1440) as (page, _complaints):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "find"
        page.keyboard.type("A-0001")
        page.keyboard.press("Enter")
        page.wait_for_url("**/equipment/1")


def test_a_dark_screen_is_followed_until_somebody_chooses(hospital, chromium):
    with signed_in(chromium, hospital[2], "en-US", 1440, color_scheme="dark") as (page, _complaints):
        theme = "document.documentElement.dataset.bsTheme"
        assert page.evaluate(theme) == "dark"
        page.emulate_media(color_scheme="light")
        page.wait_for_selector("html[data-bs-theme=light]")
        with page.expect_navigation():
            page.click("button[name=look][value=dark]")
        assert page.evaluate(theme) == "dark"
        page.reload()
        assert page.evaluate(theme) == "dark"


def test_a_printed_page_has_no_navigation(hospital, chromium):
    with signed_in(chromium, hospital[2], "en-US", 1440) as (page, _complaints):
        page.goto(hospital[2] + "/terminals/ct-01")
        page.emulate_media(media="print")
        assert not page.is_visible(".top") and page.is_visible("main h1")
