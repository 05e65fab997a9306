"""Commands from the person who asks to the result; what terminals say of themselves. Seen through the door A02."""

import itertools
import json

import pytest
from click.testing import CliRunner

from collector import gateways
from collector.__main__ import main
from collector.errors import ActionError
from collector.gateways.fleet import OPEN, OPEN_MOST, TRANSITIONS, expire_commands
from collector.gateways.models import Command, CommandStep
from tests.collector.site import now_ms, refused

numbers = itertools.count(1)


def send(terminal_id="ct-01", verb="settings", body=None, expires_min=60, at_ms=None):
    body = {"window_s": 5} if body is None else body
    return gateways.send_command(terminal_id, verb, body, "engineer", "a test", expires_min, at_ms or now_ms())


def fetched(site, gateway="gw-1"):
    answer = site.get("/a02/v1/commands", **site.bearer(gateway))
    assert answer.status_code == 200, answer.text
    return answer.json["commands"]


def report(site, kind, body, gateway="gw-1"):
    record = {"source_id": gateway, "seq": next(numbers), "kind": kind, "ts_ms": now_ms(), "body": body}
    return refused(site.upload(gateway=gateway, records=[record]))


def result(site, number, state, said=None, gateway="gw-1"):
    body = {"command_id": number, "terminal_id": "ct-01", "state": state, "result": said}
    return report(site, "result", body, gateway)


def steps(number):
    found = CommandStep.select().where(CommandStep.command == number)
    return {step.state: step.result and json.loads(step.result) for step in found}


def test_a_command_goes_to_its_terminals_gateway_alone_and_stays_listed_until_it_is_over(site):
    number = send()
    assert fetched(site, "gw-2") == []
    (one,) = fetched(site)
    assert one == {
        "command_id": number,
        "terminal_id": "ct-01",
        "verb": "settings",
        "body": {"window_s": 5},
        "expires_ms": one["expires_ms"],
    }
    assert fetched(site) == [one], "an answer that got lost costs nothing"
    assert result(site, number, "acknowledged") == [] and fetched(site) == [one]
    assert result(site, number, "done", {"window_s": 5}) == [] and fetched(site) == []
    assert steps(number) == {"queued": None, "sent": None, "acknowledged": None, "done": {"window_s": 5}}


def test_what_is_over_stays_as_it_is_and_what_contradicts_it_goes_into_quarantine(site):
    number = send()
    fetched(site)
    assert result(site, number, "done", {"a": 1}) == []
    assert result(site, number, "done", {"a": 2}) == [], "said again it changes nothing"
    assert result(site, number, "expired") == ["record_invalid"]
    assert steps(number)["done"] == {"a": 1} and Command.get_by_id(number).state == "done"


def test_another_gateway_cannot_speak_for_a_command(site):
    number = send()
    fetched(site)
    assert result(site, number, "done", gateway="gw-2") == ["record_invalid"]
    assert Command.get_by_id(number).state == "sent"


@pytest.mark.parametrize("number", [0, -1, True, "7", None, 2**60, {}])
def test_a_result_of_no_command_goes_into_quarantine(site, number):
    assert result(site, number, "done") == ["record_invalid"]


def test_only_what_no_gateway_has_expires_here(site):
    taken = send(expires_min=1, at_ms=now_ms() - 50_000)
    fetched(site)
    waiting = send(expires_min=1, at_ms=now_ms() - 50_000)
    expire_commands(now_ms() + 60_000)
    assert Command.get_by_id(waiting).state == "expired" and Command.get_by_id(taken).state == "sent"
    assert [one["command_id"] for one in fetched(site)] == [taken]


def test_numbers_rise_and_lie_above_those_of_a_database_restored_from_a_backup(site):
    before = now_ms()
    one, other = send(at_ms=before), send(at_ms=before)
    assert one == before and other == before + 1
    assert send(at_ms=before - 10_000) == other + 1, "also when the clock was set back"


def test_a_terminal_moved_to_another_gateway_takes_its_commands_with_it(site):
    number = send()
    fetched(site)
    gateways.assign_terminal("ct-01", "gw-2")
    assert fetched(site) == [] and [one["command_id"] for one in fetched(site, "gw-2")] == [number]
    assert result(site, number, "done") == ["record_invalid"]
    assert result(site, number, "done", gateway="gw-2") == []


def test_every_state_leads_to_an_end():
    for state, following in TRANSITIONS.items():
        assert bool(following) == (state in OPEN) and set(following) <= set(TRANSITIONS)


@pytest.mark.parametrize(
    "change,text",
    [
        ({"verb": "dance"}, "there is no command 'dance'"),
        ({"terminal_id": "nobody"}, "there is no terminal 'nobody'"),
        ({"body": {"list": "f" * 2100}}, "2112 bytes; 2000 are allowed"),
    ],
)
def test_an_impossible_command_is_refused_by_name(site, change, text):
    with pytest.raises(ActionError, match=text):
        send(**change)
    assert Command.select().count() == 0


def test_a_terminal_that_answers_nothing_is_not_buried_in_commands(site):
    for _ in range(OPEN_MOST):
        send()
    with pytest.raises(ActionError, match="100 commands wait for 'ct-01'"):
        send()
    send("mri-01")


def test_the_newest_status_of_a_terminal_is_kept_and_a_foreign_one_refused(site):
    assert report(site, "status", {"ct-01": {"version": "0.1.0"}}) == []
    assert report(site, "status", {"ct-01": {"version": "0.2.0"}}) == []
    assert report(site, "status", {"mri-01": {"version": "9.9.9"}}) == ["record_invalid"]
    assert report(site, "status", {"ct-01": 7}) == ["record_invalid"]
    assert {name: said for name, (_ts_ms, said) in gateways.statuses().items()} == {"ct-01": {"version": "0.2.0"}}


def test_a_status_that_comes_late_does_not_hide_a_newer_one(site):
    report(site, "status", {"ct-01": {"version": "0.2.0"}})
    record = {"source_id": "gw-1", "seq": next(numbers), "kind": "status", "ts_ms": now_ms() - 60_000}
    site.upload(records=[record | {"body": {"ct-01": {"version": "0.1.0"}}}])
    assert gateways.statuses()["ct-01"][1] == {"version": "0.2.0"}


def test_commands_are_sent_and_shown_on_the_command_line(site):
    def do(*words):
        done = CliRunner().invoke(main, ["--data", str(site.data_dir), *words])
        assert done.exit_code == 0, done.output
        return done.output

    number = do("command", "send", "ct-01", "settings", "--set", "window_s=5", "--reason", "shorter").strip()
    assert fetched(site)[0]["body"] == {"window_s": 5}
    result(site, int(number), "done", {"window_s": 5})
    assert f"{number}\tct-01\tsettings\tdone" in do("command", "list", "--terminal", "ct-01")
    shown = do("command", "show", number)
    assert [line.split("\t")[1] for line in shown.splitlines()[2:]] == ["queued", "sent", "done"]
    assert "shorter" in shown and '{"window_s": 5}' in shown
    report(site, "status", {"ct-01": {"version": "0.2.0", "slot": "b", "heap_free": 70000, "rssi_dbm": -61}})
    assert "0.2.0\tb\t-61\t70000" in do("terminal", "list")
