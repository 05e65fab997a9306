"""One walk of a person at a browser, at three widths in two languages, over one server that asks for a second factor:
sign in, register, bring in 500 lines, bind a terminal by a picture of its label, set a limit, change, see the history.
"""

import csv
import io
import re
import time
from datetime import date, timedelta

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe

from collector import accounts, db, gateways
from collector.config import FILE
from firmware.protocol.label import qr_text
from tests.collector.browser import MACHINES, SCREENSHOTS, hospital_served
from tests.collector.site import CT, PASSWORD, now_ms
from tests.collector.test_labels import picture
from tests.collector.test_languages import SAME_IN_BOTH
from tests.collector.test_shell import RULES

WALKS = [(locale, width) for locale in ("en-US", "zh-CN") for width in (360, 820, 1440)]
SAME = pytest.mark.once("the first walk asks all of it; others look at widths and languages")
NUMBERS = [0, *(pytest.param(number, marks=SAME) for number in range(1, len(WALKS)))]
AXE_WALKS = (1, 3, 5)  # 820 in English, 360 and 1440 in Chinese
AXE_PAGES = ("second-factor", "looked", "foreign", "label", "history")  # test_shell.py has the others
LINES, MEASURED = 500, 2  # MEASURED: a CT scanner with readings
# names that are the same in both languages, and what people wrote
SAME = {"PDF", "DOCX", "XLSX", "JPEG", "PNG", "WebP", "MB", "KB", "UDI", "CSV", "UTF", "CNY", "GB", "DSA", "MRI", "PET"}
SUPPLIER, SHOP = "Supplier & <b>Sons</b>", "https://pay.example/1"
WRITTEN = {"walk", "Walk", "label", "jpg", "Imaging", "Test", *re.findall(r"[A-Za-z]+", SUPPLIER + SHOP)}
WRITTEN |= {word for machine in MACHINES for word in re.findall(r"[A-Za-z]+", machine[2])}


@pytest.fixture(scope="module")
def hospital(built, server, tmp_path_factory):
    """The address of a hospital that asks administrators for a second factor, with a person for each walk."""
    folder = tmp_path_factory.mktemp("walk") / "data"
    with hospital_served(built, server, folder, people) as (_folder, _process, address):
        yield address


def people(data_dir):
    """A person and a terminal that is bound to nothing for each walk."""
    (data_dir / FILE).write_text("poll_every_s = 60\n")
    db.open_database(data_dir)
    for number in range(len(WALKS)):
        accounts.add_administrator(f"walk{number}", PASSWORD, now_ms())
        gateways.add_terminal(data_dir, f"walk-{number}", bytes(31) + bytes([number]), now_ms())
    db.database.close()


class Walk:
    """A person's browser; whatever is shown is looked at on the way."""

    def __init__(self, page, address, number):
        self.page, self.address, self.number = page, address, number
        self.locale, self.width = WALKS[number]
        self.broken = []

    def go(self, path):
        self.page.goto(self.address + path)

    def fill(self, **fields):
        for name, value in fields.items():
            field = self.page.locator(f"main [name={name}]")
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def press(self, selector):
        with self.page.expect_navigation():
            self.page.click(selector)

    def look(self, name):
        """Picture, width and words of a page that is shown; what axe says in one language for each width."""
        self.page.wait_for_selector("main h1")
        self.page.screenshot(path=SCREENSHOTS / f"walk-{name}-{self.locale}-{self.width}.png", full_page=True)
        if self.page.evaluate("document.documentElement.scrollWidth") > self.width:
            self.broken.append((name, "wider than its screen"))
        if self.number in AXE_WALKS and name in AXE_PAGES:
            found = Axe().run(self.page, options=RULES).response["violations"]
            self.broken += [(name, one["id"], [node["html"][:120] for node in one["nodes"][:2]]) for one in found]
        if self.locale == "zh-CN":
            words = set(re.findall(r"[A-Za-z]{2,}", self.page.evaluate(TEXTS)))
            self.broken += [(name, word) for word in sorted(words - SAME_IN_BOTH - SAME - WRITTEN)]


TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest("code, script")) found.push(walker.currentNode.data);
  }
  return found.join(" ");
}"""


def sign_in(walk):
    """Set the second factor up, leave, and come in by it."""
    name = f"walk{walk.number}"
    walk.go("/sign-in")
    walk.look("sign-in")
    walk.fill(name=name, password=PASSWORD)
    walk.press("main [type=submit]")
    factor = pyotp.TOTP(walk.page.inner_text("#secret"))
    walk.look("second-factor")
    walk.fill(present=PASSWORD, code=factor.now())
    walk.press("main [type=submit]")
    walk.press("form[action='/sign-out'] button")
    walk.fill(name=name, password=PASSWORD)
    walk.press("main [type=submit]")
    walk.fill(code=factor.at(time.time() + 30))  # the one that is shown now has served
    walk.press("main [type=submit]")
    walk.look("overview")


def register(walk):
    """Enter a machine; its number in the register."""
    walk.go("/register/new")
    walk.look("new")
    walk.fill(**(CT | {"asset_number": f"W-{walk.number}", "name": f"Walk {walk.number}", "accepted_on": "2020-02-29"}))
    walk.press("main form.sheet button")
    walk.look("registered")
    return walk.page.url.rpartition("/")[2]


def bring(walk):
    """Bring in 500 lines: looked at, then added."""
    text = io.StringIO()
    sheet = csv.DictWriter(text, list(CT))
    sheet.writeheader()
    sheet.writerows(CT | {"asset_number": f"W-{walk.number}-{line:03d}"} for line in range(LINES))
    file = {"name": "machines.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}
    for button, name in (("look", "looked"), ("for_real", "brought")):
        walk.go("/register/import")
        walk.page.set_input_files("[name=file]", file)
        walk.press(f"#bring [name={button}]")
        assert str(LINES) in walk.page.inner_text("#result h2")
        walk.look(name)
    walk.go(f"/register?text=W-{walk.number}-")
    assert walk.page.locator("tbody tr").count() == 50
    walk.look("register")


def bind(walk, number):
    """Bind a terminal by a picture of its label; that of a shop's code leads nowhere."""
    for text, name in ((SHOP, "foreign"), (qr_text(f"walk-{walk.number}"), "label")):
        walk.go(f"/register/{number}/bind")
        file = {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": picture(text, angle=8).read()}
        walk.page.set_input_files("[name=picture]", file)
        walk.press("#label button")
        walk.look(name)
    walk.fill(group="surroundings", place="control")
    walk.press("#terminal button")
    assert f"walk-{walk.number}" in walk.page.inner_text("#bindings")
    walk.look("bound")


def limit(walk, number):
    """Set a limit for its class, see it inherited and drawn where there are readings; then one of its own."""
    now = walk.page.locator("#now [data-indicator='temperature_c:value']")
    walk.go(f"/environment/limits/new?kind={CT['kind']}")
    begins_on = date.today() - timedelta(days=2 * len(WALKS) - walk.number)  # each after that of the walk before
    level = f"27.{walk.number + 1}"
    walk.fill(indicator="temperature_c:value", high_alarm=level, source="GB 1", reason="Test")
    walk.fill(from_on=begins_on.isoformat())
    walk.press("main [name=keep]")
    with walk.page.expect_response("**/environment/series?*") as series:
        walk.go(f"/environment/{MEASURED}")
    bands = [one for one in series.value.json()["bands"] if one["channel"] == "temperature_c"]
    assert [one["high_alarm"] for one in bands] == [float(level)], "it held all day"
    chart = walk.page.locator("[data-chart=temperature_c][data-points]")
    chart.wait_for()
    assert int(chart.get_attribute("data-points")) > 300 and int(chart.get_attribute("data-bands")) > 0
    assert level in now.inner_text() and "GB 1" in now.inner_text()
    walk.look("drawn")
    walk.go(f"/environment/limits/new?equipment={number}")
    walk.fill(indicator="temperature_c:value", high_alarm="26.5", source="Manual", reason="Test")
    walk.press("main [name=keep]")
    walk.go(f"/environment/{number}")
    set_here = walk.page.inner_text("#history")
    assert "26.5" in set_here and "GB 1" in set_here


def change(walk, number):
    """Change what the register says, add a document, and read who did what."""
    walk.go(f"/register/{number}/change")
    walk.fill(supplier=SUPPLIER, category="B")
    walk.press("main form.sheet button")
    photo = {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(300, 200)).read()}
    walk.page.set_input_files("#documents [name=file]", photo)
    walk.press("#documents form[enctype] button")
    page = walk.page.inner_text("main")
    assert SUPPLIER in page and f"walk{walk.number}" in page and "label.jpg" in page
    photo = walk.page.locator("#documents img").first
    photo.scroll_into_view_if_needed()
    deadline = time.monotonic() + 20
    while not photo.evaluate(
        "one => one.naturalWidth > 0"
    ):  # waiting inside the page would be an eval, which it forbids
        assert time.monotonic() < deadline, "the photo is not shown"
        time.sleep(0.1)
    walk.look("history")


@pytest.mark.parametrize("number", NUMBERS, ids=["-".join(map(str, walk)) for walk in WALKS])
def test_a_person_walks_from_signing_in_to_the_history(hospital, chromium, number):
    locale, width = WALKS[number]
    size = {"width": width, "height": 900}
    context = chromium.new_context(locale=locale, viewport=size, ignore_https_errors=True)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    walk = Walk(page, hospital, number)
    sign_in(walk)
    machine = register(walk)
    bring(walk)
    bind(walk, machine)
    limit(walk, machine)
    change(walk, machine)
    context.close()
    assert walk.broken == [] and complaints == []
