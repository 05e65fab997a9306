"""The suite on a board at a serial port: shown on a pseudo-terminal that behaves as one; none is plugged in here."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from boards.simulated.usb import UsbBoard
from tests.hil.board import Cable, switch

ROOT = Path(__file__).parents[2]
RUN = {  # what the issue asks of a terminal, and the case of this suite that shows it at a port
    "boot, identity, status": "test_it_boots_and_says_who_it_is",
    "challenge": "test_it_lets_nothing_leave_before_the_gateway_proved_itself",
    "outage": "test_it_keeps_every_reading_over_an_outage",
    "update, over a power cut": "test_a_good_image_is_tried_confirms_itself_and_stays",
    "rollback": "test_a_crashing_image_is_left_after_three_starts_and_the_old_one_goes_on",
    "watchdog": "test_a_watchdog_that_bites_counts_as_a_start_that_failed",
    "commands": "test_a_command_is_done_once_however_often_it_comes",
}
SKIPPED = "test_it_measures_what_its_sensors_hold"  # the world around a board at a port cannot be played


class Socket:
    """A socket of a USB hub that really switches: the port's name is there while its board has power."""

    def __init__(self, folder):
        self._folder, self.port, self._words = folder / "flash", folder / "ttyACM0", folder / "words"
        self._folder.mkdir()
        (self._folder / "simulated.json").write_text(json.dumps({"equipment": "CT", "seed": 7, "shunt_ohm": 10.0}))
        os.mkfifo(self._words)
        (folder / "power").write_text(f'#!/bin/sh\necho "$1" > {self._words}\n')
        (folder / "power").chmod(0o700)
        self.power, self._board = str(folder / "power"), None

    def __enter__(self):
        self._on()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def __exit__(self, *_error):
        self._words.write_text("over\n")
        self._listener.join(10)
        self._off()

    def _listen(self):
        while (word := self._words.read_text().strip()) != "over":
            {"on": self._on, "off": self._off}[word]()

    def _on(self):
        self._board = UsbBoard(self._folder).__enter__()
        self.port.symlink_to(self._board.port)

    def _off(self):
        if self.port.is_symlink():
            self.port.unlink()
            self._board.__exit__()


@pytest.mark.timeout(900)  # a board furnished eight times over its cable: two minutes, on a busy machine many more
def test_the_suite_runs_on_a_board_that_a_port_names_and_skips_with_the_reason_what_it_cannot(tmp_path):
    cases = " or ".join([*RUN.values(), SKIPPED])
    command = [sys.executable, "-m", "pytest", "tests/hil/test_terminal.py", "tests/hil/test_update.py", "-k", cases]
    free = {name: value for name, value in os.environ.items() if name != "GANTRY_REQUIRE_ALL"}
    with Socket(tmp_path) as hub:
        command += ["-rs", "--board", "simulated", "--port", hub.port, "--power", hub.power]
        done = subprocess.run(command, cwd=ROOT, env=free, capture_output=True, text=True, timeout=880)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "cannot be played" in done.stdout
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|skipped|failed)", done.stdout)}
    assert counts == {"passed": len(RUN), "skipped": 1}, done.stdout[-2000:]


def test_a_power_cut_is_skipped_with_the_reason_where_no_hub_is_named():
    with pytest.raises(pytest.skip.Exception, match="no hub is named"):
        switch(Cable("/dev/null", "pico_w", None, None))


def test_a_hub_that_only_says_it_switches_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.hil.board.GONE_S", 0.3)
    port = tmp_path / "port"
    port.touch()
    with pytest.raises(pytest.skip.Exception, match="does not switch this socket"):
        switch(Cable(str(port), "pico_w", None, "true"))
