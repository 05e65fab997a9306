"""Every text of a page is in the Chinese catalogue, the compiled catalogue is that one, and pages speak it."""

import re

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from collector import accounts
from collector.web.i18n import LANGUAGES
from collector.web.words import CHANNEL_WORDS, KIND_WORDS, PLACE_WORDS
from firmware.protocol.channels import CHANNELS
from tests.collector.browser import ROOT
from tests.collector.site import PASSWORD, block, now_ms

pytestmark = pytest.mark.once("words of pages and catalogues")

COLLECTOR = ROOT / "collector"
FOLDER = COLLECTOR / "web/translations/zh_Hans_CN/LC_MESSAGES"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None}
SAME_IN_BOTH = {"Gantry", "English", "CT", "A", "Radiology", "Room", "Hospital", "Maker", "Model", "Asia", "Shanghai"}
SAME_IN_BOTH |= {
    "PDF",
    "ZIP",
    "admin",
    "chen",
    "liu",
    "user",
    "users",
    "all",
    "test",
    "token",
    "api",
    "Urumqi",
    "gw",
    "mri",
    "ct",
    "nobody",
    "collector",
    "gateway",
    "Werkzeug",
    "GE",
    "SIGNA",
    "Creator",
    "XR",
    "Hz",
    "kW",
    "UPS",
    "kWh",
    "CNY",
    "min",
}


def catalogue():
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def texts():
    """Every text that code or template hands to the translation."""
    return {found[2] for found in extract_from_dir(COLLECTOR, METHODS, keywords=KEYWORDS)}


def test_every_text_is_translated_and_no_translation_is_left_over():
    translated = {message.id for message in catalogue() if message.id and message.string and not message.fuzzy}
    assert texts() == translated


def test_a_translation_keeps_the_places_of_its_values():
    for message in catalogue():
        if message.id:
            places = re.findall(r"%\(\w+\)s", message.id)
            assert sorted(places) == sorted(re.findall(r"%\(\w+\)s", message.string)), message.id


def test_the_compiled_catalogue_is_that_of_the_source():
    with (FOLDER / "messages.mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    source = {message.id: message.string for message in catalogue() if message.id}
    assert compiled == source, "compile the catalogue again"


def test_every_channel_kind_and_place_has_its_word():
    from collector.equipment import KINDS, PLACES

    assert set(CHANNEL_WORDS) == {channel.name for channel in CHANNELS}
    assert (set(KIND_WORDS), set(PLACE_WORDS)) == (set(KINDS), set(PLACES))


PAGES = {
    "admin": (
        "/",
        "/equipment/1",
        "/nowhere",
        "/account",
        "/account/password",
        "/terminals",
        "/gateways",
        "/search?q=CT",
        "/usage",
        "/usage/settings",
        "/usage/1/lifetime",
        "/environment",
        "/environment/1",
        "/environment/limits",
        "/environment/limits/of?kind=CT",
        "/environment/limits/new?kind=CT",
    ),
    "chen": ("/people", "/people/new", "/people/1", "/people/2", "/account/second-factor", "/equipment/1"),
    "liu": ("/audit", "/audit?record=admin", "/people/1"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_chinese_page_has_no_english_word(site, name):
    site.upload(block())
    accounts.add_administrator("chen", PASSWORD, now_ms(), "security_administrator")
    accounts.add_administrator("liu", PASSWORD, now_ms(), "auditor")
    site.sign_in(name=name)
    for path in PAGES[name]:
        page = site.get(path, **{"Accept-Language": "zh-CN,zh;q=0.9"}).text
        assert '<html lang="zh-CN"' in page
        body = re.sub(r"data-words='[^']*'|<code.*?</code>|<[^>]+>|&#\d+;", " ", page[page.index("<body") :])
        assert set(re.findall(r"[A-Za-z]{2,}", body)) <= SAME_IN_BOTH, path


def test_the_switch_outlasts_the_browsers_wish(site):
    site.sign_in()
    token = re.search(r'name="csrf_token" value="([^"]+)"', site.get("/").text)[1]
    form = {"csrf_token": token, "language": "zh_CN", "next": "/equipment/1"}
    answer = site.client.post(
        "/language", base_url="https://localhost", data=form, headers={"Referer": "https://localhost/"}
    )
    assert answer.headers["Location"] == "/equipment/1"
    assert "设备" in site.get("/").text
    assert set(LANGUAGES) == {"en", "zh_CN"}
