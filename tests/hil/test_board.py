"""The suite on a board at a serial port: shown on a pseudo-terminal that behaves as one; none is plugged in here."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from boards.simulated.usb import UsbBoard
from tests.hil.board import Cable, switch

ROOT = Path(__file__).parents[2]
CASES = "boots_and_says or proved_itself or counts_its_boots or measures_what"


def test_the_suite_runs_on_a_board_that_a_port_names_and_skips_with_the_reason_what_it_cannot(tmp_path):
    (tmp_path / "simulated.json").write_text(json.dumps({"equipment": "CT", "seed": 7, "shunt_ohm": 10.0}))
    command = [sys.executable, "-m", "pytest", "tests/hil", "-k", CASES, "-rs", "--board", "simulated", "--port"]
    free = {name: value for name, value in os.environ.items() if name != "GANTRY_REQUIRE_ALL"}
    with UsbBoard(tmp_path) as board:
        done = subprocess.run([*command, board.port], cwd=ROOT, env=free, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "no hub is named" in done.stdout and "cannot be played" in done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 2, done.stdout[-2000:]


def test_a_hub_that_only_says_it_switches_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.hil.board.GONE_S", 0.3)
    port = tmp_path / "port"
    port.touch()
    with pytest.raises(pytest.skip.Exception, match="does not switch this socket"):
        switch(Cable(str(port), "pico_w", None, "true"))
