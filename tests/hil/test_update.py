"""A new image over the air: taken piece by piece, tried, confirmed by itself, or left again."""

import json
import random

import pytest

from firmware.protocol import image
from firmware.protocol.message import Command
from firmware.terminal import slots
from flasher import build
from tests.fakes.slots import NEW, OLD, image_of, keys

CUTS = 20


@pytest.fixture
def bench(bench):
    """The same bench with a terminal that has slots."""
    bench.terminal.kill()
    bench.terminal.furnish()
    bench.terminal.lines.clear()
    bench.terminal.start()
    bench.terminal.expect("link proved", 30)
    bench.gateway.wait_for_readings(1)
    return bench


def compiled(text):
    return build.compiled(text, "program.py")


def image_for(bench, version=NEW, **changed):
    return image_of(version, **{"board": bench.terminal.board, **changed})


def slot_state(bench):
    """What the flash says of the slots, once the terminal is switched off."""
    bench.terminal.kill()
    return json.loads(bench.terminal.file(slots.STATE))


def test_a_good_image_is_tried_confirms_itself_and_stays(bench):
    bench.gateway.offer(*image_for(bench))
    assert bench.gateway.wait_for_word(60).body == {"update": "ready"}
    bench.gateway.offer(b"", b"", now=False)
    bench.terminal.expect("confirmed 0.2.0", 60)
    bench.terminal.restart()
    bench.terminal.expect("link proved", 30, times=3)
    assert bench.status()["slot"] == "b"
    bench.gateway.offer(*image_for(bench))  # the same once more, signed as well as it ever was
    bench.gateway.wait_until(lambda: bench.gateway.said[-1].body.get("code") == "image_old", 60)
    assert slot_state(bench)["floor"] == list(NEW)


def test_a_crashing_image_is_left_after_three_starts_and_the_old_one_goes_on(bench, tmp_path):
    planted = compiled("def main():\n    raise RuntimeError('planted')\n")
    bench.gateway.offer(*image_for(bench, main=planted))
    assert bench.gateway.wait_for_word(60).body == {"update": "ready"}
    bench.gateway.offer(b"", b"", now=False)
    bench.terminal.expect("link proved", 60, times=2)
    bench.gateway.wait_for_readings(2)
    assert bench.status()["slot"] == "a"
    if bench.terminal.shows_boot:
        bench.terminal.expect("gantry boot slot b", times=slots.TRIES)
    assert slot_state(bench)["bad"] == ["b"]


def test_a_watchdog_that_bites_counts_as_a_start_that_failed(bench, tmp_path):
    asleep = compiled("def main():\n    import machine\n    machine.reset(machine.WDT_RESET)\n")
    bench.gateway.offer(*image_for(bench, main=asleep))
    bench.gateway.wait_for_word(60)
    bench.gateway.offer(b"", b"", now=False)
    bench.terminal.expect("link proved", 60, times=2)
    assert bench.status()["slot"] == "a" and slot_state(bench)["bad"] == ["b"]


@pytest.mark.parametrize(
    "code,asked",
    [
        ("image_signature", {"key": 2}),
        ("image_board", {"board": "esp32"}),
        ("image_boot", {"min_boot": 2}),
        ("image_old", {"version": (0, 0, 0)}),
    ],
)
def test_a_foreign_or_old_image_is_refused_and_the_terminal_goes_on(bench, code, asked):
    bench.gateway.offer(*image_for(bench, **asked))
    assert bench.gateway.wait_for_word(60).body["code"] == code
    bench.gateway.wait_for_readings(2)


def test_an_update_interrupted_at_20_random_points_goes_on_to_the_end(bench):
    chance = random.Random(7)
    bench.gateway.offer(*image_for(bench, ballast=bytes(range(256)) * 480))  # long enough for all the cuts
    for cut in range(CUTS):
        messages = len(bench.gateway.messages)
        pieces = chance.randrange(2, 5)  # a hello and a proof are among them
        bench.gateway.wait_until(lambda seen=messages + pieces: len(bench.gateway.messages) >= seen, 30)
        assert not bench.gateway.said, f"done after {cut} cuts"
        bench.terminal.restart()
        bench.terminal.expect("link proved", 30, times=cut + 2)
    bench.gateway.wait_until(lambda: bench.gateway.said, 60)
    assert bench.gateway.said[0].body == {"update": "ready"}
    bench.gateway.offer(b"", b"", now=False)
    bench.terminal.expect("confirmed 0.2.0", 30)


def test_a_command_is_done_once_however_often_it_comes(bench):
    bench.gateway.say(Command(7, "status", {}))
    status = bench.gateway.wait_for_word()
    assert status.state == "done" and status.body["version"] == ".".join(map(str, OLD)) and status.body["slot"] == "a"
    bench.gateway.say(Command(8, "settings", {"window_s": 2}))
    assert bench.gateway.wait_for_word().body == {"window_s": 2}
    bench.terminal.expect("link proved", 30, times=2)
    bench.gateway.wait_for_readings(1)  # the session it is asked in is the new one
    bench.gateway.say(Command(8, "settings", {"window_s": 5}))
    assert bench.gateway.wait_for_word().body == {"window_s": 2}
    first, second = bench.gateway.wait_for_readings(3)[1:]
    assert 1900 < second.ts_ms - first.ts_ms < 2900


@pytest.mark.parametrize(
    "verb,body",
    [("settings", {"window_s": 0}), ("settings", {"colour": 1}), ("dance", {}), ("settings", {"window_s": "x"})],
)
def test_an_impossible_command_fails_by_name_and_changes_nothing(bench, verb, body):
    bench.gateway.say(Command(9, verb, body))
    result = bench.gateway.wait_for_word()
    assert result.state == "failed" and (list(body) or [verb])[0] in result.body["error"]
    bench.gateway.wait_for_readings(2)


@pytest.mark.parametrize("signers,state,serial", [((0, 2), "failed", 1), ((0, 1), "done", 2)])
def test_release_keys_change_only_by_a_newer_list_that_two_present_keys_signed(bench, signers, state, serial):
    moduli = [build.modulus_of(key) for key in keys()[1:]]
    body = {"list": build.key_list(2, moduli, [keys()[number] for number in signers]).hex()}
    bench.gateway.say(Command(11, "keys", body))
    assert bench.gateway.wait_for_word().state == state
    bench.terminal.kill()
    assert image.unpack_keys(bench.terminal.file("keys.bin"))[0].serial == serial
