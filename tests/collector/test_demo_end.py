"""The demo's processes end when it is told to, whoever started it and however."""

import os
import signal
import subprocess
import sys
import time

import pytest

from collector.demo.processes import ROOT

pytestmark = pytest.mark.once("nothing of it lies in a database")

DEMO = """
import sys, time
from pathlib import Path
from collector.demo.processes import Processes

with Processes(Path(sys.argv[1])) as processes:
    processes.start("sleeper", "http.server", "--bind", "127.0.0.1", "0")
    print("started", processes._running["sleeper"].pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("number", "ignored"), [(signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGINT, False)]
)
def test_a_signal_ends_the_demo_and_all_it_started(tmp_path, number, ignored):
    """A shell lets what it starts with `&` ignore Ctrl-C: SIGTERM must end the demo there too."""
    word = f"import signal; signal.signal(signal.SIGINT, signal.{'SIG_IGN' if ignored else 'default_int_handler'})\n"
    command = [sys.executable, "-c", word + DEMO, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        child = int(demo.stdout.readline().split()[1])
        demo.send_signal(number)
        began = time.monotonic()
        demo.wait(10)
    assert time.monotonic() - began < 8
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
