"""Every route as every role: opened or refused exactly as the table in docs/security.md says."""

import io
import re
import zipfile

import pytest
from argon2 import PasswordHasher

from collector import accounts, equipment
from collector.accounts import passwords, people
from collector.accounts.models import Institution, UserScope
from collector.equipment.documents import add_document
from tests.collector.site import BASE, CT, PASSWORD, now_ms
from tests.house.tree import text

PAGE = text("docs/security.md")
NAMES = {
    "system": "system_administrator", "security": "security_administrator", "engineer": "biomedical_engineer",
    "reader": "department_reader",
}  # fmt: skip
ASKED = {"/api/v1/equipment/1/readings": "?channel=current_a&from_ms=0&to_ms=1"}
ASKED |= {f"/api/v1/equipment/1/{what}": "?from_ms=0&to_ms=1" for what in ("states", "exams", "warnings")}
ASKED |= {"/api/v1/equipment/1/usage": "?first=2026-01-01&last=2026-01-02"}
DAY_MS = 86_400_000


def table():
    """{route: {who: cell}} of the page."""
    (head,) = re.findall(r"^\| route \| .*$", PAGE, re.M)
    who = [NAMES.get(name.strip(), name.strip()) for name in head.strip("|").split("|")[1:]]
    rows = re.findall(r"^\| `((?:GET|POST|PUT|DELETE|PATCH) /[^`]*)` \|(.*)\|$", PAGE, re.M)
    return {route: dict(zip(who, [cell.strip() for cell in cells.split("|")], strict=True)) for route, cells in rows}


TABLE = table()
WHO = list(TABLE["GET /"])


@pytest.fixture
def peopled(site, monkeypatch):
    """The hospital with one person of each role; who has a scope sees the first piece of equipment."""
    photographed()
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))  # quick: what it costs is not looked at here
    for role in accounts.ROLES:
        user = accounts.add_administrator(f"some {role}", PASSWORD, now_ms(), role)
        if not accounts.ROLES[role].sees_everything and "equipment.read" in accounts.ROLES[role].rights:
            until_ms = now_ms() + DAY_MS
            accounts.give_scope(user, "equipment", 1, "A-0001", "contract", now_ms() - 1, until_ms)
        site.credentials[role] = accounts.add_token(f"of {role}", now_ms(), "write", 1, user.name)
    return site


def photographed():
    """Give the first piece of equipment a document that all may read who see it."""
    one = equipment.equipment_named("A-0001")
    add_document(one, io.BytesIO(b"%PDF-1.7"), "manual.pdf", "manual", "", now_ms())


def routes(site):
    for rule in site.app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule}"


def test_the_table_names_every_route_every_role_and_nothing_else(site):
    assert sorted(TABLE) == sorted(routes(site))
    assert {"nobody", "token", *accounts.ROLES} == set(WHO)
    assert {cell for row in TABLE.values() for cell in row.values()} <= {"yes", "-", "home"}


@pytest.mark.parametrize("who", WHO)
def test_every_route_is_opened_or_refused_as_the_table_says(peopled, who):
    site, other = peopled, accounts.user_named("admin")
    for route, row in TABLE.items():
        for headers in credentials(site, who, route):
            given = {"user_id": other.id, "code": people.invite(other, 1, now_ms())}
            method, path = route.split(" ")
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found, given=given: str(given.get(found[1], 1)), path)
            answer = site.client.open(path + ASKED.get(path, ""), method=method, base_url=BASE, headers=headers)
            assert said(answer, route) == row[who], f"{route} as {who}: {answer.status_code} {answer.text[:300]}"
            if row[who] == "yes" and method == "GET" and "equipment_id" in route:
                assert answer.status_code == 200, f"{route} as {who} hides what is inside the scope"


def credentials(site, who, route):
    """What somebody comes with: a session; at /api/v1 a token, and a session as well where it only asks."""
    enter(site, who)
    of_api, has_token = " /api/v1/" in route, who in site.credentials
    if of_api and has_token:
        yield site.bearer(who)
    if not of_api or not has_token or (route.startswith("GET") and who != "token"):
        yield site.bearer("token") if who == "token" else {}


def enter(site, who):
    """Sign in anew, if nobody is: a route may have ended the session."""
    if site.app.config.get("peopled") == who and who in ("nobody", "token"):
        return
    site.app.config["WTF_CSRF_ENABLED"] = True
    if site.app.config.get("peopled") != who or site.get("/account").status_code != 200:
        site.client = site.app.test_client()
        if who not in ("nobody", "token"):
            assert site.sign_in(name=f"some {who}").status_code == 302
    site.app.config["WTF_CSRF_ENABLED"], site.app.config["peopled"] = False, who


def said(answer, route):
    """The cell that an answer stands for."""
    assert answer.status_code < 500, answer.text
    to_sign_in = answer.headers.get("Location", "").startswith("/sign-in?next=")
    if answer.status_code in (401, 403) or to_sign_in:
        return "-"
    return "home" if route == "GET /" and answer.status_code == 302 else "yes"


def test_sign_out_needs_somebody(site):
    site.app.config["WTF_CSRF_ENABLED"] = False
    assert site.client.post("/sign-out", base_url=BASE).headers["Location"].startswith("/sign-in?next=")


def test_no_role_is_two_of_the_separated_three():
    system, security, auditor = (accounts.ROLES[role].rights for role in accounts.ADMINISTRATORS)
    assert "accounts.write" not in system | auditor and "audit.read" not in system | security
    assert not {"equipment.write", "terminals.command"} & (security | auditor)


def test_every_right_of_a_view_is_one_that_a_role_has(site):
    asked = {getattr(view, "right", None) for view in site.app.view_functions.values()} - {None}
    assert asked <= set(accounts.RIGHTS) <= {right for role in accounts.ROLES.values() for right in role.rights}


# What a vendor, or anybody with a scope, finds of others: nothing, by no address, filter, search, export or call.


@pytest.fixture
def vendor(site):
    """A vendor of the first CT, signed in, beside equipment of another department and another institution."""
    for number, place in enumerate(({"department": "Surgery"}, {"institution": "Other hospital"}), 2):
        other = CT | {"asset_number": f"HIDDEN-{number}", "name": f"xhiddenx {number}", "serial": f"HID-S{number}"}
        equipment.add_equipment(other | place | {"room": f"xhiddenx {number}"}, now_ms())
    equipment.bind("mri-01", "HIDDEN-2", now_ms())
    photographed()
    user = accounts.add_administrator("some vendor", PASSWORD, now_ms(), "vendor")
    accounts.give_scope(user, "equipment", 1, "A-0001", "contract 7", now_ms() - 1, now_ms() + DAY_MS)
    site.credentials["vendor"] = accounts.add_token("theirs", now_ms(), user="some vendor")
    site.sign_in(name="some vendor")
    return site


HIDDEN = ("HIDDEN-", "xhiddenx ", "HID-S", "Surgery", "Other hospital", "mri-01")
OF_API = ("?text=HIDDEN", "?department=Surgery", "?institution_id=2", "?department_id=2", "?limit=200&after=1")
QUERIES = ("", "?q=HIDDEN", "?q=hidden", "?q=urgery", "?q=mri", "?page=2", "?department=2&institution=2", "?span=month")


def words_of(answer):
    """All that an answer says, also inside a spreadsheet."""
    if not answer.data.startswith(b"PK"):
        return answer.get_data().decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as sheet:
        return "".join(sheet.read(name).decode(errors="replace") for name in sheet.namelist())


def test_a_vendor_finds_nothing_of_others_by_any_route(vendor):
    seen = 0
    for rule in vendor.app.url_map.iter_rules():
        if "GET" not in rule.methods or "filename" in rule.arguments:
            continue
        of_api = rule.rule.startswith("/api/v1/")
        headers = vendor.bearer("vendor") if of_api else {}
        for number in (1, 2, 3):
            path, needed = addressed(rule.rule, number), ASKED.get(addressed(rule.rule, 1), "")
            for query in (needed, *OF_API) if of_api else QUERIES:
                answer = vendor.get(path + query, **headers)
                assert answer.status_code < 500
                if answer.status_code != 422:  # which says back what was asked
                    assert not [word for word in HIDDEN if word in words_of(answer).replace(path, "")], f"{path}{query}"
                if "equipment_id" in rule.arguments and (query == needed or not of_api):
                    open_to_all = vendor.app.view_functions[rule.endpoint].right == "equipment.read"
                    expected = (200 if number == 1 else 404) if open_to_all else 403
                    assert answer.status_code == expected, f"{path}{query}"
                    seen += 1
            if "<" not in rule.rule:
                break
    assert seen >= 12


def test_a_vendor_changes_nothing_of_others_by_any_route(vendor):
    vendor.app.config["WTF_CSRF_ENABLED"] = False
    before = told_of_others(vendor)
    for rule in vendor.app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS", "GET"} if "<" in rule.rule else ():
            for number in (2, 3):
                headers = vendor.bearer("vendor") if rule.rule.startswith("/api/v1/") else {}
                path = addressed(rule.rule, number)
                answer = vendor.client.open(path, method=method, base_url=BASE, headers=headers, json={"reason": "x"})
                assert answer.status_code in (302, 401, 403, 404, 409), f"{method} {path} {answer.status_code}"
    assert told_of_others(vendor) == before


def addressed(rule, number):
    """The address of a route with numbers of others, and with their names."""
    names = {"terminal_id": "mri-01", "gateway_id": "gw-2"}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: names.get(found[1], str(number)), rule)


def told_of_others(site):
    tables = ("equipment", "binding", "equipment_change", "command", "user", "user_scope", "terminal")
    return [site.rows(f'SELECT * FROM "{table}" ORDER BY 1, 2') for table in tables]


def test_what_a_vendor_sees_ends_with_the_contract(vendor):
    assert vendor.get("/equipment/1").status_code == 200
    UserScope.update(until_ms=now_ms()).execute()
    assert vendor.get("/equipment/1").status_code == 404
    assert vendor.get("/api/v1/overview", **vendor.bearer("vendor")).json["equipment"] == []


def test_a_visit_that_has_not_begun_shows_nothing(vendor):
    UserScope.update(from_ms=now_ms() + 60_000).execute()
    assert vendor.get("/equipment/1").status_code == 404


def test_a_token_ends_with_the_account_behind_it(vendor):
    assert vendor.get("/api/v1/overview", **vendor.bearer("vendor")).status_code == 200
    accounts.disable(accounts.user_named("some vendor"), now_ms())
    assert vendor.get("/api/v1/overview", **vendor.bearer("vendor")).status_code == 401
    assert vendor.get("/equipment/1").status_code == 302


@pytest.mark.parametrize("kind,of,seen", [("institution", "Hospital", {1, 2}), ("department", "Surgery", {2})])
def test_a_scope_is_of_an_institution_or_a_department(vendor, kind, of, seen):
    user = accounts.add_administrator("some reader", PASSWORD, now_ms(), "department_reader")
    table = {"institution": Institution, "department": accounts.Department}[kind]
    accounts.give_scope(user, kind, table.get(table.name == of).id, of, "", now_ms(), None)
    vendor.client = vendor.app.test_client()
    vendor.sign_in(name="some reader")
    assert {one["id"] for one in vendor.get("/api/v1/overview").json["equipment"]} == seen
    assert {number for number in (1, 2, 3) if vendor.get(f"/equipment/{number}").status_code == 200} == seen
