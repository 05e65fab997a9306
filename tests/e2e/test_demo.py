"""The demo ends by itself with 0 when live readings of every terminal reached the page, and leaves nothing running."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from collector.demo import MARK, make_anew
from collector.demo.hospital import MACHINES, free_ports
from collector.errors import ActionError

ROOT = Path(__file__).parents[2]


def start(folder, *words):
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "collector", "demo", "--folder", str(folder), "--port", str(port), *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def left_behind(folder):
    """Processes whose command line or working folder names this demo's folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            if str(folder) in words or str(folder) in os.readlink(entry / "cwd"):
                found.append(words.replace("\0", " "))
        except OSError:
            continue  # it ended meanwhile, or is not ours to look at
    return found


def test_the_demo_ends_with_0_when_every_terminal_is_live_on_the_page(tmp_path):
    demo = start(tmp_path / "demo", "--seconds", "25", "--days", "1")
    said, _ = demo.communicate(timeout=200)
    assert demo.returncode == 0, said
    for expected in ("Open", "User", "Password", *(machine.terminal_id for machine in MACHINES)):
        assert expected in said
    assert left_behind(tmp_path) == []


def test_ctrl_c_ends_the_demo_at_any_time_and_leaves_nothing_running(tmp_path):
    demo = start(tmp_path / "demo", "--days", "30")
    for _ in range(300):
        if (tmp_path / "demo/logs/ct-01.log").exists():
            break
        time.sleep(0.1)
    time.sleep(2)
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, said
    assert left_behind(tmp_path) == []


def test_a_second_demo_on_the_same_port_says_so_and_leaves_the_first_alone(tmp_path):
    make_anew(tmp_path / "demo")
    (tmp_path / "demo/kept").touch()
    with socket.create_server(("127.0.0.1", 0)) as first:
        words = ["--folder", str(tmp_path / "demo"), "--port", str(first.getsockname()[1])]
        done = subprocess.run(
            [sys.executable, "-m", "collector", "demo", *words], cwd=ROOT, capture_output=True, text=True
        )
    assert done.returncode == 1
    assert "is another demo running" in done.stderr and done.stderr.count("\n") == 1
    assert (tmp_path / "demo/kept").exists()


def test_a_folder_the_demo_did_not_make_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(ActionError, match="did not make"):
        make_anew(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "three years of work"
    make_anew(tmp_path / "demo")
    make_anew(tmp_path / "demo")
    assert (tmp_path / "demo" / MARK).exists()
