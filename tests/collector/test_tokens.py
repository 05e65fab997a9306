"""One's own tokens on a page: made, shown once, ended, bound to addresses; and the own time zone and language."""

import re

import pytest

from collector import accounts
from collector.accounts import networks
from collector.accounts.models import ApiToken
from collector.errors import ActionError
from tests.collector.people import Person, acts
from tests.collector.site import BASE, PASSWORD, now_ms

PAGE = "/account/tokens"


@pytest.fixture
def wang(site):
    accounts.add_administrator("wang", PASSWORD, now_ms(), "biomedical_engineer")
    person = Person(site, "wang")
    person.sign_in()
    return person


def made(person, **fields):
    """The token that the page shows after making one."""
    answer = person.post(PAGE, name="wall", **({"scope": "read", "days": "30"} | fields))
    found = re.search(r'id="token">([^<]+)<', answer.text)
    return found and found[1]


def me(site, token, address="127.0.0.1"):
    headers = {"Authorization": f"Bearer {token}"}
    return site.client.get("/api/v1/me", base_url=BASE, headers=headers, environ_base={"REMOTE_ADDR": address})


def test_a_token_is_made_shown_once_used_and_ended(site, wang):
    token = made(wang)
    assert me(site, token).json["name"] == "wang"
    page = wang.get(PAGE).text
    assert token not in page and "wall" in page and ">never<" not in page
    (kept,) = ApiToken.select().where(ApiToken.name == "wall")
    assert kept.sha256 != token and now_ms() - kept.seen_ms < 60_000
    wang.post(f"{PAGE}/{kept.id}/revoke", PAGE)
    assert me(site, token).status_code == 401
    assert [one[:2] for one in acts("token.revoke")] == [("wang", "token wall")]


@pytest.mark.parametrize("fields", [{"days": "0"}, {"days": "400"}, {"scope": "provision"}, {"networks": "10.0.0"}])
def test_what_cannot_be_a_token_is_not_made(wang, fields):
    assert made(wang, **fields) is None and not ApiToken.select().where(ApiToken.name == "wall").exists()


def test_a_token_serves_from_its_networks_only(site, wang):
    token = made(wang, networks="10.1.2.0/24 192.168.0.7")
    answers = [me(site, token, address).status_code for address in ("10.1.2.9", "192.168.0.7", "10.1.3.9", "127.0.0.1")]
    assert answers == [200, 200, 401, 401]


def test_networks_are_read_kept_and_asked():
    assert networks.read("10.1.2.3/24,::1") == "10.1.2.0/24, ::1/128" and networks.read(" ") == ""
    assert networks.holds("", "anything") and networks.holds("10.0.0.0/8", "::ffff:10.1.1.1")
    assert not networks.holds("10.0.0.0/8", "") and not networks.holds("10.0.0.0/8", "::1")
    for bad in ("10.0.0.0/40", "host.example", " ".join(["10.0.0.1"] * 21)):
        with pytest.raises(ActionError):
            networks.read(bad)


def test_nobody_ends_the_token_of_somebody_else(site, wang):
    number = ApiToken.get(ApiToken.name == "test").id
    wang.post(f"{PAGE}/{number}/revoke", PAGE)
    assert ApiToken.get_by_id(number).revoked_ms is None


def test_who_takes_a_new_invitation_begins_without_tokens(site, wang):
    token = made(wang)
    accounts.accept(accounts.invite(accounts.user_named("wang"), 1, now_ms()), "another good password 7", now_ms())
    assert me(site, token).status_code == 401


def test_a_person_has_a_zone_and_a_language_of_the_own(site, wang):
    wang.post("/account/settings", "/account", zone="Asia/Urumqi", language="zh_CN")
    page = wang.get("/account").text
    assert 'data-zone="Asia/Urumqi"' in page and '<html lang="zh-CN"' in page
    assert 'data-zone="Asia/Shanghai"' in Person(site, "admin").get("/sign-in").text
    refused = wang.post("/account/settings", "/account", zone="Mars/Crater", language="")
    assert refused.status_code == 302 and 'data-zone="Asia/Urumqi"' in wang.get("/account").text
