"""The gateway's process between the look-alike collector and terminals that take commands."""

import time

import pytest

from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.fleet.doer import Doer


@pytest.fixture
def platform(tmp_path):
    with Platform(tmp_path / "platform") as platform:
        yield platform


@pytest.fixture
def gateway(tmp_path, platform):
    running = RunningGateway(tmp_path, platform, commands__every_s=0.1, commands__retry_s=0.5)
    yield running
    running.kill()
    assert "Traceback" not in running.log() and "never retrieved" not in running.log(), running.log()


@pytest.fixture
def terminal(gateway, platform):
    """One that does what it is asked and never loses power."""
    doer = Doer("ct-01", gateway.port, platform.ca_file, seed=1, cuts=0)
    platform.terminals["ct-01"] = doer.key
    return doer


def ask(platform, number, verb="settings", lasts_s=60):
    expires_ms = round((time.time() + lasts_s) * 1000)
    row = {"command_id": number, "terminal_id": "ct-01", "verb": verb, "body": {"n": number}, "expires_ms": expires_ms}
    platform.commands = [*platform.commands, row]


def results(platform):
    return [
        (record["body"]["command_id"], record["body"]["state"])
        for record in platform.records
        if record["kind"] == "result"
    ]


def test_a_proved_terminal_is_asked_how_it_is_and_both_sides_show_it(gateway, platform, terminal):
    gateway.start()
    with terminal:
        platform.wait_until(lambda: [one for one in platform.records if one["kind"] == "status"])
    (said,) = [one for one in platform.records if one["kind"] == "status"]
    assert said["source_id"] == "gw-1" and said["body"]["ct-01"]["version"] == "0.1.0"
    assert "version 0.1.0, slot a" in gateway.say("terminals")[1]


def test_a_command_reaches_its_terminal_and_its_result_the_collector(gateway, platform, terminal):
    gateway.start()
    with terminal:
        ask(platform, 7)
        platform.wait_until(lambda: results(platform) == [(7, "done")])
        ask(platform, 8, "restart")
        platform.wait_until(lambda: results(platform)[1:] == [(8, "acknowledged"), (8, "done")])
    assert terminal.done == {7: 1, 8: 1}


def test_a_command_waits_for_its_terminal_over_a_restart_of_the_gateway_without_collector(gateway, platform, terminal):
    ask(platform, 7)
    gateway.start()
    platform.wait_until(lambda: platform.lists > 1)
    gateway.kill()
    platform.stop()
    gateway.start()
    with terminal:
        deadline = time.monotonic() + 20
        while not terminal.done:
            assert time.monotonic() < deadline, gateway.log()
            time.sleep(0.05)
        platform.start()
        platform.wait_until(lambda: results(platform) == [(7, "done")])
    assert terminal.done == {7: 1}


def test_a_command_whose_terminal_stays_away_expires(gateway, platform, terminal):
    ask(platform, 7, lasts_s=1)
    gateway.start()
    platform.wait_until(lambda: results(platform) == [(7, "expired")])
    with terminal:
        ask(platform, 8)
        platform.wait_until(lambda: results(platform)[1:] == [(8, "done")])
    assert terminal.done == {8: 1}
