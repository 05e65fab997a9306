"""Pages and the JSON API: closed without signing in, forms need their token, wrong passwords make a pause."""

import re

import pytest

from collector import accounts, equipment
from collector.accounts import guard
from collector.config import read_settings
from collector.errors import ActionError
from collector.web import own_path
from collector.web.security import HEADERS, TLS_ONLY
from tests.collector.site import BASE, CT, block, now_ms

OPEN = {"/sign-in", "/sign-in/second", "/invitation/<code>", "/health", "/language", "/look", "/vendored/chart.js"}
OPEN |= {"/api/v1/openapi.json"}


def closed_routes(site):
    for rule in site.app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        if rule.rule not in OPEN and not path.startswith(("/static/", "/bootstrap/", "/a02/")):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, path


def test_every_route_but_the_listed_ones_asks_to_sign_in(site):
    site.app.config["WTF_CSRF_ENABLED"] = False
    routes = list(closed_routes(site))
    assert len(routes) >= 5
    for method, path in routes:
        answer = site.client.open(path, method=method, base_url=BASE)
        asked = answer.status_code == 401 or answer.headers.get("Location", "").startswith("/sign-in")
        assert asked, f"{method} {path} answered {answer.status_code}"


def test_signing_in_leads_to_the_page_asked_for(site):
    answer = site.sign_in(path="/sign-in?next=/equipment/1")
    assert answer.headers["Location"] == "/equipment/1"
    assert "CT 1" in site.get("/equipment/1").text


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil", "/\tx", "", "/\r\nSet-Cookie: a"]
)
def test_signing_in_never_leads_elsewhere(path):
    assert own_path(path) == "/"


def test_the_session_cookie_is_out_of_reach(site):
    cookie = site.sign_in().headers["Set-Cookie"]
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax"))


def test_signing_out_closes_the_pages(site):
    site.sign_in()
    token = re.search(r'name="csrf_token" value="([^"]+)"', site.get("/").text)[1]
    headers = {"Referer": BASE + "/"}
    site.client.post("/sign-out", base_url=BASE, data={"csrf_token": token}, headers=headers)
    assert site.get("/").status_code == 302


def test_a_changed_password_ends_sessions(site):
    site.sign_in()
    accounts.User.update(password_hash="$argon2id$other").execute()
    assert site.get("/").status_code == 302


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/language"])
def test_a_form_without_its_token_is_refused(site, path):
    site.sign_in()
    answer = site.client.post(path, base_url=BASE, data={"name": "admin", "language": "en"})
    assert answer.status_code == 400 and "Load it again" in answer.text


def test_wrong_passwords_make_a_pause_even_for_the_right_one(site):
    for _ in range(5):
        assert "User or password is wrong" in site.sign_in(password="wrong").text
    assert "Too many wrong passwords. Try again in 15 minutes." in site.sign_in().text


def test_many_names_from_one_address_make_a_pause(site, monkeypatch):
    monkeypatch.setitem(site.app.config["SETTINGS"], "signin_failures", 1)
    for number in range(4):
        site.sign_in(name=f"nobody{number}", password="wrong")
    assert "Too many wrong passwords" in site.sign_in().text


def test_a_pause_ends(site):
    settings = read_settings(site.data_dir)
    earlier = now_ms() - settings["signin_pause_s"] * 1000 - 1
    for _ in range(5):
        assert accounts.sign_in("admin", "wrong", "1.2.3.4", settings, earlier) is None
    with pytest.raises(accounts.SignInPaused):
        accounts.sign_in("admin", "wrong", "1.2.3.4", settings, earlier)
    assert site.sign_in().status_code == 302


def test_every_answer_carries_the_browser_rules(site):
    for path in ("/sign-in", "/health", "/nowhere", "/a02/v1/terminals", "/static/gantry.css"):
        headers = site.get(path).headers
        assert all(headers[name] == value for name, value in (*HEADERS, TLS_ONLY)), path


def test_no_page_has_inline_script_or_style(site):
    site.upload(block())
    site.sign_in()
    for path in ("/", "/equipment/1", "/nowhere"):
        page = site.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page), path


def test_text_of_people_is_shown_as_text(site):
    equipment.add_equipment(CT | {"asset_number": "X'\"", "name": "<script>alert(1)</script>"}, now_ms())
    site.sign_in()
    assert "<script>alert(1)" not in site.get("/").text + site.get("/equipment/2").text


def test_a_page_that_is_not_there_says_what_to_do(site):
    site.sign_in()
    answer = site.get("/equipment/99")
    assert answer.status_code == 404 and "There is no such page" in answer.text
    assert site.get("/api/v1/equipment/99/series").json["code"] == "not_found"


def test_a_token_reads_the_api_and_nothing_else(site):
    bearer = site.bearer("token")
    assert site.get("/api/v1/overview", **bearer).status_code == 200
    assert site.get("/", **bearer).status_code == 302
    assert site.get("/api/v1/overview", Authorization="Bearer wrong").status_code == 401
    accounts.revoke_token("test", now_ms())
    assert site.get("/api/v1/overview", **bearer).status_code == 401


def test_a_gateways_credential_reads_no_page(site):
    assert site.get("/api/v1/overview", **site.bearer("gw-1")).status_code == 401


def test_the_open_list_names_only_what_is_there(site):
    endpoints = {rule.endpoint for rule in site.app.url_map.iter_rules()}
    assert endpoints >= guard.OPEN


@pytest.mark.parametrize("text,said", [("late = 1", "no setting 'late'"), ("late_after_s = 'x'", "whole number")])
def test_a_wrong_setting_is_told_with_its_name_and_value(tmp_path, text, said):
    (tmp_path / "collector.toml").write_text(text)
    with pytest.raises(ActionError, match=said):
        read_settings(tmp_path)
