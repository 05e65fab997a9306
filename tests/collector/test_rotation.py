"""A terminal's secret is replaced: what the platform keeps, tells its gateways, and when it lets the old one go."""

import json

import pytest

from collector import gateways
from collector.errors import ActionError
from collector.gateways.fleet import expire_commands
from collector.gateways.models import Command, Terminal
from collector.gateways.registration import RegistrationRefused, register
from collector.gateways.rotation import next_secret
from collector.gateways.secret import unwrap
from firmware.protocol.seal import gateway_key
from tests.collector.site import SECRETS, now_ms
from tests.collector.test_fleet import fetched, report, result

OLD = SECRETS["ct-01"]


def rotate(site, at_ms=None):
    return gateways.rotate(site.data_dir, "ct-01", "engineer", "a test", 60, at_ms or now_ms())


def listed(site, gateway="gw-1"):
    answer = site.get("/a02/v1/terminals", **site.bearer(gateway))
    return {one["terminal_id"]: one for one in answer.json["terminals"]}


def expected(number, terminal_id="ct-01", secret=OLD):
    nonce = bytes.fromhex(json.loads(Command.get_by_id(number).body)["nonce"])
    return next_secret(secret, nonce)


def counting(site):
    return unwrap(site.data_dir, "ct-01", Terminal.get_by_id("ct-01").wrapped_secret)


def test_the_gateway_gets_both_keys_and_the_command_and_no_secret(site):
    number = rotate(site)
    new = expected(number)
    assert listed(site)["ct-01"] == {
        "terminal_id": "ct-01",
        "key": gateway_key(OLD, "gw-1").hex(),
        "next_key": gateway_key(new, "gw-1").hex(),
        "rotation": number,
    }
    (command,) = fetched(site)
    assert command["verb"] == "rotate" and list(command["body"]) == ["nonce"] and len(command["body"]["nonce"]) == 64
    assert (
        new not in bytes(Terminal.get_by_id("ct-01").wrapped_next) and "next_key" not in listed(site, "gw-2")["mri-01"]
    )


def test_the_old_secret_goes_when_the_gateway_says_so_and_the_command_is_done(site):
    number = rotate(site)
    new = expected(number)
    fetched(site)
    assert result(site, number, "acknowledged") == [] and counting(site) == OLD
    assert report(site, "rotated", {"terminal_id": "ct-01", "rotation": number}) == []
    assert counting(site) == new and Command.get_by_id(number).state == "done"
    assert listed(site)["ct-01"] == {"terminal_id": "ct-01", "key": gateway_key(new, "gw-1").hex()}
    again = rotate(site)
    assert again > number and expected(again, secret=new) != new


def test_a_late_word_about_an_earlier_rotation_changes_nothing(site):
    first = rotate(site)
    fetched(site)
    report(site, "rotated", {"terminal_id": "ct-01", "rotation": first})
    second, after_first = rotate(site), counting(site)
    assert report(site, "rotated", {"terminal_id": "ct-01", "rotation": first}) == []
    assert counting(site) == after_first and listed(site)["ct-01"]["rotation"] == second


def test_a_second_rotation_waits_for_the_first(site):
    number = rotate(site)
    with pytest.raises(ActionError, match=f"rotation {number} of 'ct-01' is under way"):
        rotate(site)


@pytest.mark.parametrize("state", ["failed", "expired"])
def test_what_the_terminal_will_never_do_leaves_the_old_secret(site, state):
    number = rotate(site)
    fetched(site)
    assert result(site, number, state, {"code": "expired"}) == []
    assert counting(site) == OLD and "next_key" not in listed(site)["ct-01"]
    assert rotate(site) > number


def test_what_no_gateway_took_expires_and_leaves_the_old_secret(site):
    number = rotate(site, at_ms=now_ms() - 7_200_000)
    expire_commands(now_ms())
    assert Command.get_by_id(number).state == "expired" and "next_key" not in listed(site)["ct-01"]


def test_a_done_command_alone_ends_no_secret(site):
    number = rotate(site)
    fetched(site)
    result(site, number, "done", {})
    assert counting(site) == OLD and listed(site)["ct-01"]["rotation"] == number


def test_another_gateway_gets_its_own_two_keys_and_only_it_may_end_the_old_one(site):
    number = rotate(site)
    new = expected(number)
    gateways.assign_terminal("ct-01", "gw-2")
    assert "ct-01" not in listed(site) and listed(site, "gw-2")["ct-01"]["next_key"] == gateway_key(new, "gw-2").hex()
    body = {"terminal_id": "ct-01", "rotation": number}
    assert report(site, "rotated", body) == ["record_invalid"] and counting(site) == OLD
    assert report(site, "rotated", body, "gw-2") == [] and counting(site) == new


@pytest.mark.parametrize("body", [None, [], {}, {"terminal_id": "ct-01"}, {"terminal_id": "ct-01", "rotation": "1"}])
def test_a_word_that_is_none_goes_to_quarantine(site, body):
    assert report(site, "rotated", body) == ["record_invalid"]


def test_a_flasher_that_registers_it_again_with_its_first_secret_is_welcome(site):
    number = rotate(site)
    report(site, "rotated", {"terminal_id": "ct-01", "rotation": number})
    told = {"terminal_id": "ct-01", "board": "pico_w", "version": "0.1.0", "gateway_id": "gw-1", "journal": []}
    assert register(site.data_dir, json.dumps(told | {"secret": OLD.hex()}).encode(), "network", now_ms())[1] is False
    assert counting(site) == expected(number)
    with pytest.raises(RegistrationRefused):
        register(site.data_dir, json.dumps(told | {"secret": bytes(32).hex()}).encode(), "network", now_ms())
