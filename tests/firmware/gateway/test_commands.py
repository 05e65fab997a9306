"""Commands on the gateway's disk: in order, one at a time, each to its end, whenever the gateway is killed."""

import sqlite3

import pytest

from firmware.gateway.commands import Commands, look
from firmware.protocol.message import Command, Result

EARLY, LATE = 1_000, 2_000  # before and after the commands' time is over


class Told(list):
    """What the collector is told; `broken` fails as a full disk does."""

    broken = False

    def __call__(self, kind, body):
        if self.broken:
            raise sqlite3.OperationalError("disk is full")
        self.append((kind, body))

    def states(self):
        return [(body["command_id"], body["state"]) for kind, body in self if kind == "result"]


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def commands(tmp_path, told):
    commands = Commands(tmp_path, told)
    yield commands
    commands.close()


def row(number, terminal_id="ct-01", verb="restart", body=None, expires_ms=LATE):
    body = {} if body is None else body
    return {"command_id": number, "terminal_id": terminal_id, "verb": verb, "body": body, "expires_ms": expires_ms}


def test_commands_go_one_at_a_time_in_the_order_of_their_numbers(commands, told):
    commands.take([row(2, body={"b": 2}), row(1), row(3, "mri-01")])
    assert commands.next_for("ct-01", EARLY) == commands.next_for("ct-01", EARLY) == Command(1, "restart", {})
    assert commands.hear("ct-01", Result(1, "done", {"a": 1}))
    assert commands.next_for("ct-01", EARLY) == Command(2, "restart", {"b": 2})
    assert commands.next_for("mri-01", EARLY) == Command(3, "restart", {})
    assert told == [("result", {"command_id": 1, "terminal_id": "ct-01", "state": "done", "result": {"a": 1}})]


def test_what_is_over_is_not_sent_again_while_the_collector_still_lists_it(commands):
    commands.take([row(1)])
    commands.next_for("ct-01", EARLY)
    commands.hear("ct-01", Result(1, "done", {}))
    commands.take([row(1)])
    assert commands.next_for("ct-01", EARLY) is None and commands.terminals() == set()
    commands.take([])
    assert commands.take([row(2)]) == 1


def test_what_the_collector_does_not_list_any_more_is_not_sent(commands, told):
    commands.take([row(1)])
    commands.take([])
    assert commands.next_for("ct-01", EARLY) is None and told == []


def test_what_never_left_expires_by_itself_also_without_its_terminal(commands, told):
    commands.take([row(1), row(2, expires_ms=LATE + 5)])
    commands.expire(EARLY)
    assert told.states() == []
    commands.expire(LATE)
    assert told.states() == [(1, "expired")]
    assert commands.next_for("ct-01", LATE).command_id == 2


@pytest.mark.parametrize(
    "said,state",
    [(Result(1, "failed", {"code": "expired"}), "expired"), (Result(1, "done", {}), "done")],
)
def test_what_was_on_its_way_ends_as_its_terminal_says_and_never_by_silence(commands, told, said, state):
    commands.take([row(1), row(2, expires_ms=LATE * 2)])
    commands.next_for("ct-01", EARLY)
    commands.expire(LATE)
    assert told == [] and commands.next_for("ct-01", LATE) == Command(1, "expire", {})
    commands.hear("ct-01", said)
    assert told.states() == [(1, state)] and commands.next_for("ct-01", LATE).command_id == 2


def test_an_acknowledged_command_is_asked_for_until_it_ends(commands, told):
    commands.take([row(1)])
    commands.next_for("ct-01", EARLY)
    assert commands.hear("ct-01", Result(1, "acknowledged", {}))
    assert not commands.hear("ct-01", Result(1, "acknowledged", {}))
    assert commands.next_for("ct-01", EARLY) == Command(1, "restart", {})
    commands.hear("ct-01", Result(1, "done", {}))
    assert told.states() == [(1, "acknowledged"), (1, "done")]


@pytest.mark.parametrize("terminal_id,number", [("ct-01", 2), ("ct-01", 9), ("mri-01", 1), ("nobody", 1)])
def test_a_result_nobody_waits_for_changes_nothing(commands, told, terminal_id, number):
    commands.take([row(1), row(2), row(3, "mri-01")])
    commands.next_for("ct-01", EARLY)
    assert not commands.hear(terminal_id, Result(number, "done", {}))
    assert told == [] and commands.next_for("ct-01", EARLY).command_id == 1


def test_a_killed_gateway_knows_what_was_on_its_way(tmp_path, commands, told):
    commands.take([row(1)])
    commands.next_for("ct-01", EARLY)
    again = Commands(tmp_path, told)
    assert again.next_for("ct-01", LATE) == Command(1, "expire", {}), "it may have been done: only its terminal knows"
    again.close()


def test_a_result_that_cannot_be_told_is_not_over(commands, told):
    commands.take([row(1)])
    commands.next_for("ct-01", EARLY)
    told.broken = True
    with pytest.raises(sqlite3.OperationalError):
        commands.hear("ct-01", Result(1, "done", {}))
    told.broken = False
    assert commands.next_for("ct-01", EARLY) == Command(1, "restart", {})
    assert commands.hear("ct-01", Result(1, "done", {})) and told.states() == [(1, "done")]


@pytest.mark.parametrize(
    "wrong", [7, {}, row("1"), row(0), row(2**60), row(True), row(5, ""), row(5, verb=7), row(5) | {"body": []}]
)
def test_an_impossible_row_is_left_out_and_its_neighbours_are_taken(commands, wrong):
    assert commands.take([row(1), wrong, row(2, "mri-01")]) == 2
    assert commands.terminals() == {"ct-01", "mri-01"}


def test_a_person_sees_what_terminals_said_and_how_many_commands_wait(tmp_path, commands, told):
    assert look(tmp_path / "elsewhere") == ({}, {})
    commands.take([row(1), row(2)])
    commands.keep_statuses({"ct-01": (5, {"version": "0.2.0"})})
    assert look(tmp_path) == ({"ct-01": (5, {"version": "0.2.0"})}, {"ct-01": 2})
    assert told == [("status", {"ct-01": {"version": "0.2.0"}})]
