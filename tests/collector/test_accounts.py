"""Accounts: invited, given a role, signed in, ended; passwords that age; sessions that end; a second factor."""

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner

from collector import accounts
from collector.__main__ import main
from collector.accounts import passwords
from collector.accounts.models import Invitation, User, UserSession
from collector.errors import ActionError
from tests.collector.people import OTHER_PASSWORD, Person, acts, link_in
from tests.collector.site import PASSWORD, now_ms

DAY_MS = 86_400_000


@pytest.fixture
def security(site):
    """The security administrator, signed in."""
    accounts.add_administrator("chen", PASSWORD, now_ms(), "security_administrator")
    person = Person(site, "chen")
    assert person.sign_in().status_code == 302
    return person


# Passwords


@pytest.mark.parametrize(
    "password,said",
    [
        ("short", "5 characters"),
        ("alllowercase", "1 kinds"),
        ("lowerUPPER", "2 kinds"),
        ("Admin-12345", "name"),
        ("aA1" * 4, "few"),
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(site, password, said):
    with pytest.raises(ActionError, match=said):
        accounts.add_administrator("admin2" if "name" not in said else "Admin", password, now_ms())


@pytest.mark.parametrize("password", ["lowerUPPER1", "four small words here"])
def test_three_kinds_or_twenty_characters_are_enough(site, password):
    assert accounts.add_administrator("new", password, now_ms()).role == "system_administrator"


def test_an_old_password_is_replaced_before_anything_else(site):
    User.update(password_ms=now_ms() - 91 * DAY_MS).execute()
    person = Person(site, "admin")
    person.sign_in()
    for path in ("/", "/equipment/1", "/account"):
        assert person.get(path).headers["Location"] == "/account/password"
    assert person.get("/api/v1/overview").status_code == 403
    same = person.post("/account/password", present=PASSWORD, password=PASSWORD, again=PASSWORD)
    assert "does not serve" in same.text
    person.post("/account/password", present=PASSWORD, password=OTHER_PASSWORD, again=OTHER_PASSWORD)
    person.password = OTHER_PASSWORD
    assert person.sign_in().headers["Location"] == "/" and person.get("/").status_code == 200


def test_none_of_the_last_six_passwords_comes_again(site, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    user, said = accounts.user_named("admin"), [PASSWORD] + [f"password number {number} of many" for number in range(7)]
    for old, new in zip(said[:6], said[1:6], strict=False):
        accounts.change_password(user, old, new, now_ms(), None)
    with pytest.raises(ActionError, match="last 6"):
        accounts.change_password(user, said[5], PASSWORD, now_ms(), None)
    accounts.change_password(user, said[5], said[6], now_ms(), None)
    accounts.change_password(user, said[6], PASSWORD, now_ms(), None)


# Invitations and roles


def test_somebody_is_invited_sets_a_password_and_sees_what_was_given(site, security):
    link = link_in(security.post("/people/new", name="wang", role="operator"))
    wang = Person(site, "wang")
    assert wang.sign_in().status_code == 200, "no password, no sign-in"
    assert wang.accept(link).headers["Location"] == "/sign-in"
    assert wang.sign_in().headers["Location"] == "/"
    assert wang.get("/equipment/1").status_code == 404
    page = f"/people/{accounts.user_named('wang').id}"
    security.post(f"{page}/scopes", page, asset_number="A-0001", why="reads it", until="2099-12-31")
    assert wang.get("/equipment/1").status_code == 200
    assert "A-0001 CT 1" in security.get(page).text
    assert ("chen", "user wang", "done") in acts("scope.give")


@pytest.mark.parametrize("ended", ["used", "too old", "account ended", "replaced", "unknown"])
def test_an_invitation_serves_once_and_in_time(site, security, ended):
    link = link_in(security.post("/people/new", name="wang", role="operator"))
    wang, user = Person(site, "wang"), accounts.user_named("wang")
    page = f"/people/{user.id}"
    if ended == "used":
        wang.accept(link)
    elif ended == "too old":
        Invitation.update(expires_ms=now_ms()).execute()
    elif ended == "account ended":
        security.post(f"{page}/end", page)
    elif ended == "replaced":
        security.post(f"{page}/invite", page)
    else:
        link += "x"
    assert wang.get(link[link.index("/invitation") :]).status_code == 404


def test_nobody_changes_the_own_role_or_gives_the_own_scope(site, security):
    page = f"/people/{accounts.user_named('chen').id}"
    assert "Change role" not in security.get(page).text
    for what in ("role", "end", "invite", "scopes"):
        assert security.post(f"{page}/{what}", page, role="auditor", asset_number="A-0001").status_code == 403


def test_another_role_ends_the_sessions_and_an_ended_account_signs_in_nowhere(site, security):
    wang = Person(site, "wang")
    accounts.add_administrator("wang", PASSWORD, now_ms(), "technician")
    page = f"/people/{accounts.user_named('wang').id}"
    wang.sign_in()
    security.post(f"{page}/role", page, role="operator")
    assert wang.get("/").status_code == 302
    wang.sign_in()
    security.post(f"{page}/end", page)
    assert wang.get("/").status_code == 302 and wang.sign_in().status_code == 200
    security.post(f"{page}/end", page)
    assert wang.sign_in().status_code == 302


@pytest.mark.parametrize(
    "given",
    [
        {"of": "department:1", "why": "contract", "until": "2099-01-01"},
        {"asset_number": "A-0001", "why": "contract"},
        {"asset_number": "A-0001", "until": "2099-01-01"},
    ],
    ids=["a department", "no end", "no reason"],
)
def test_a_vendor_is_given_single_equipment_with_reason_and_end(site, security, given):
    accounts.add_administrator("maker", PASSWORD, now_ms(), "vendor")
    page = f"/people/{accounts.user_named('maker').id}"
    security.post(f"{page}/scopes", page, **given)
    assert "This cannot be given" in security.get(page).text


@pytest.mark.parametrize("given", [{"asset_number": "nowhere"}, {"asset_number": "A-0001", "until": "31.12."}, {}])
def test_a_scope_of_nothing_is_refused(site, security, given):
    accounts.add_administrator("wang", PASSWORD, now_ms(), "operator")
    page = f"/people/{accounts.user_named('wang').id}"
    security.post(f"{page}/scopes", page, **given)
    assert "Choose a place" in security.get(page).text


# Sessions


def test_a_session_ends_when_nobody_does_anything_though_its_page_looks_for_news(site):
    person = Person(site, "admin")
    person.sign_in()
    UserSession.update(seen_ms=now_ms() - 29 * 60_000).execute()
    assert person.get("/api/v1/overview").status_code == 200
    assert UserSession.get().seen_ms < now_ms() - 28 * 60_000
    assert person.get("/").status_code == 200
    assert UserSession.get().seen_ms > now_ms() - 60_000
    UserSession.update(seen_ms=now_ms() - 31 * 60_000).execute()
    assert person.get("/").status_code == 302


def test_a_session_ends_after_its_hours(site):
    person = Person(site, "admin")
    person.sign_in()
    UserSession.update(created_ms=now_ms() - 9 * 3_600_000).execute()
    assert person.get("/").status_code == 302


def test_the_longest_unused_session_ends_for_one_too_many(site):
    people = [Person(site, "admin", agent=f"browser {number}") for number in range(6)]
    for person in people:
        person.sign_in()
    assert [person.get("/").status_code for person in people] == [302, 200, 200, 200, 200, 200]


def test_one_sees_and_ends_the_own_sessions_only(site):
    accounts.add_administrator("wang", PASSWORD, now_ms(), "technician")
    here, there, wang = Person(site, "admin", agent="desk"), Person(site, "admin", agent="phone"), Person(site, "wang")
    for person in (here, there, wang):
        person.sign_in()
    assert "phone" in here.get("/account").text and "tests" not in here.get("/account").text
    of = {one.agent: one.id for one in UserSession.select()}
    here.post(f"/account/sessions/{of['phone']}/end", "/account")
    here.post(f"/account/sessions/{of['tests']}/end", "/account")
    assert [person.get("/").status_code for person in (here, there, wang)] == [200, 302, 200]


def test_a_stolen_cookie_serves_no_other_browser(site):
    person = Person(site, "admin")
    person.sign_in()
    person.agent = "elsewhere"
    assert person.get("/").status_code == 302


def test_refused_sign_ins_and_pages_stand_in_the_audit(site):
    person = Person(site, "admin", "wrong")
    person.sign_in()
    person.password = PASSWORD
    person.sign_in()
    assert person.get("/audit").status_code == 403
    assert acts("sign_in") == [("nobody", "user admin", "refused")]
    assert acts("page.open") == [("admin", "GET /audit", "refused")]


def test_people_are_named_and_invited_on_the_command_line(site):
    runner, data = CliRunner(), ["--data", str(site.data_dir), "user"]
    words = [*data, "admin", "li", "--role", "auditor", "--password-stdin"]
    assert "administrator li added" in runner.invoke(main, words, input=PASSWORD + "\n").output
    assert "li\tauditor\t-\tvalid" in runner.invoke(main, [*data, "list"]).output
    assert "there is no user" in runner.invoke(main, [*data, "invite", "nobody"]).output
