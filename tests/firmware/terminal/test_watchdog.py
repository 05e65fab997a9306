"""Whatever of the loop stops, the watchdog ends it; as long as all of it goes on, it never does."""

import pytest

from boards.simulated import run as board

START = """
import time
from firmware.terminal import main, start
main.STEP_MOST_MS = 600
terminal = start.start(main.Terminal)
def hang(*_given):
    while True:
        pass
def wait(now_ms):
    while True:
        terminal.breathe()
"""
STUCK = {
    "the uplink waits for ever": "terminal._uplink.step = wait",
    "the sampler hangs": "terminal._sampler.poll = hang",
    "the outbox hangs": "terminal._outbox.save_if_due = hang",
}
ALIVE = """
turns = [0]
def step(now_ms):
    turns[0] += 1
    if turns[0] > 120:
        raise SystemExit(5)
terminal._uplink.step = step
"""


@pytest.fixture
def folder(make_terminal):
    """The folder of a terminal that is switched off and has a watchdog of a second."""
    return make_terminal(("gw-1", "127.0.0.1", 1, "gw.test"), settings={"watchdog_ms": 1000}).folder


def status_of(script, folder):
    return board.play(["-c", f"{START}{script}\nterminal.run()"], folder, board.stage()).returncode


@pytest.mark.parametrize("stuck", STUCK)
def test_a_part_of_the_loop_that_stops_ends_in_a_restart_by_the_watchdog(folder, stuck):
    assert board.RESETS[status_of(STUCK[stuck], folder)] == "3"


def test_a_loop_that_goes_on_is_left_alone(folder):
    assert status_of(ALIVE, folder) == 5
