"""Two keys of one terminal at the gateway: which count, until when, and what goes to whom meanwhile."""

import json
import os

import pytest

from firmware.gateway.south.access import Access
from firmware.gateway.terminals import KeyTable
from firmware.protocol.challenge import ProofError
from firmware.protocol.link import Proved, TerminalLink
from firmware.protocol.message import Command, Result
from firmware.protocol.seal import gateway_key, hkdf, mqtt_password
from tests.firmware.gateway.home import ROOT
from tests.firmware.gateway.test_commands import EARLY, LATE, commands, row, told  # noqa: F401 (fixtures)
from tests.firmware.gateway.test_sessions import SECRET, House, sealed

VECTOR = json.loads((ROOT / "tests/vectors/rotation.json").read_text())
NONCE = bytes.fromhex(VECTOR["nonce"])
NEXT = hkdf(SECRET, b"gantry rotate" + NONCE)
OLD_KEY, NEXT_KEY = gateway_key(SECRET, "gw-1"), gateway_key(NEXT, "gw-1")
ROW = {"terminal_id": "ct-01", "key": OLD_KEY.hex(), "next_key": NEXT_KEY.hex(), "rotation": 5}


@pytest.fixture
def house(tmp_path):
    """A gateway that has proved ct-01 and ct-02, and then hears of a rotation of ct-01."""
    house = House(tmp_path)
    house.before, house.other = house.prove(), house.prove("ct-02")
    house.keys.take([ROW, {"terminal_id": "ct-02", "key": OLD_KEY.hex()}])
    house.sessions.keys_changed()
    return house


def challenge(house, secret):
    """A link after the gateway's answers to its hello, and how many of them it could not check."""
    link, wrong, proved = TerminalLink("ct-01", secret, ["gw-1"], os.urandom), 0, 0
    link.receive(b"".join(house.take(link.hello()).frames))
    while True:
        try:
            event = link.next_event()
        except ProofError:
            wrong += 1
            continue
        if event is None:
            return link, wrong, proved
        assert isinstance(event, Proved)
        proved += 1
        house.take(link.prove())


def test_the_next_secret_is_that_of_the_vector():
    secret = hkdf(bytes.fromhex(VECTOR["secret"]), b"gantry rotate" + NONCE)
    assert secret.hex() == VECTOR["next"]
    assert gateway_key(secret, VECTOR["gateway_id"]).hex() == VECTOR["key"]
    assert mqtt_password(bytes.fromhex(VECTOR["key"])) == VECTOR["password"]


def test_a_next_key_asks_for_a_new_proof_and_leaves_the_neighbours_alone(house):
    assert house.sessions.here() == {"ct-02"}
    assert [one.values for one in house.take(sealed(house.other), "ct-02").readings] == [{"temperature_c": 20.0}]


@pytest.mark.parametrize("secret,rotated", [(SECRET, []), (NEXT, [("ct-01", 5)])])
def test_whichever_secret_a_terminal_has_one_hello_is_enough(house, secret, rotated):
    link, wrong, proved = challenge(house, secret)
    assert (wrong, proved) == (1, 1) and house.sessions.road_of("ct-01") == "mqtt"
    assert [one.values for one in house.take(sealed(link)).readings] == [{"temperature_c": 20.0}]
    assert house.sessions.rotated() == rotated and not house.refused


def test_a_terminal_with_both_proves_itself_under_the_next_one(house):
    link, _wrong, _proved = challenge(house, [NEXT, SECRET])
    assert link.secret == NEXT and house.sessions.rotated() == [("ct-01", 5)]


def test_once_settled_the_old_key_proves_nothing_and_the_session_stays(house):
    link, _wrong, _proved = challenge(house, [NEXT, SECRET])
    assert house.keys.settle("ct-01", 5) and not house.keys.settle("ct-01", 5)
    house.sessions.keys_changed()
    assert len(house.take(sealed(link)).readings) == 1
    _link, wrong, proved = challenge(house, SECRET)
    assert (wrong, proved) == (1, 0)


def test_what_is_settled_stays_so_though_the_collector_lists_both_still(tmp_path, house):
    house.keys.settle("ct-01", 5)
    assert house.keys.take([ROW, {"terminal_id": "ct-02", "key": OLD_KEY.hex()}]) is False
    again = KeyTable(tmp_path, "gw-1")
    assert again.all_of("ct-01") == [NEXT_KEY] and again.next_of("ct-01") == (None, None)


def test_both_keys_outlive_a_restart(tmp_path, house):
    again = KeyTable(tmp_path, "gw-1")
    assert again.all_of("ct-01") == [NEXT_KEY, OLD_KEY] and again.next_of("ct-01") == (5, NEXT_KEY)
    assert again.rotating() == ["ct-01"] and again.all_of("ct-02") == [OLD_KEY]


def test_a_rotation_that_is_given_up_leaves_the_old_key(house):
    house.keys.take([{"terminal_id": "ct-01", "key": OLD_KEY.hex()}])
    assert house.keys.all_of("ct-01") == [OLD_KEY]


@pytest.mark.parametrize("change", [{"next_key": "zz"}, {"next_key": "ab"}, {"rotation": "5"}, {"rotation": None}])
def test_an_impossible_next_key_leaves_the_terminal_out(tmp_path, change):
    table = KeyTable(tmp_path, "gw-1")
    table.take([ROW | change])
    assert table.ids() == [] and table.rotating() == []


def test_both_passwords_are_good_while_both_keys_count(house):
    barred = set()
    access = Access(house.keys, "own", barred.__contains__)
    old, new = mqtt_password(OLD_KEY), mqtt_password(NEXT_KEY)
    assert [access.may_enter("ct-01", "ct-01", one) for one in (old, new, "x", "")] == [True, True, False, False]
    house.keys.settle("ct-01", 5)
    assert [access.may_enter("ct-01", "ct-01", one) for one in (old, new)] == [False, True]
    assert access.passwords()["ct-01"] == new
    barred.add("ct-01")
    assert not access.may_enter("ct-01", "ct-01", new)


def test_a_rotation_goes_only_when_its_next_key_is_here(commands):  # noqa: F811
    commands.take([row(5, verb="rotate", body={"nonce": "00"})])
    assert commands.next_for("ct-01", EARLY) is None and commands.next_for("ct-01", EARLY, 4) is None
    assert commands.next_for("ct-01", EARLY, 5) == Command(5, "rotate", {"nonce": "00"})
    assert commands.next_for("ct-01", EARLY) == Command(5, "rotate", {"nonce": "00"}), "what was sent is said again"


def test_only_the_terminal_ends_a_rotation(commands, told):  # noqa: F811
    commands.take([row(5, verb="rotate")])
    commands.expire(LATE)
    assert told == [], "another gateway may have sent it"
    assert commands.next_for("ct-01", LATE) == Command(5, "expire", {})
    assert commands.hear("ct-01", Result(5, "done", {})) and told.states() == [(5, "done")]
