"""esptool itself against a chip that speaks its loader protocol: the right chip, all bytes, and a pulled cable."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from flasher import esp, plugged, ports, steps
from flasher.board import boards
from flasher.errors import FlasherError, NoBoard, PortLost, PortRefused, VerifyFailed, WrongBoard
from tests.fakes.esp_rom import Cable, Chip

ESP32, S3 = boards()["esp32"], boards()["esp32s3"]
CUTS = 10
ROOT = Path(__file__).parents[2]


def quiet(done, total):
    """Nobody looks."""


def content(pieces=2, seed=7):
    """Made-up firmware that begins as an image does; half of it compresses."""
    chance = random.Random(seed)
    body = b"".join(chance.randbytes(2048) + bytes(2048) for _ in range(pieces * 16))
    return b"\xe9" + body[1:]


@pytest.fixture
def brisk(tmp_path, monkeypatch):
    """esptool asks a chip that does not answer once, not seven times."""
    (tmp_path / "esptool.cfg").write_text("[esptool]\nconnect_attempts = 1\ntimeout = 0.5\nserial_write_timeout = 2\n")
    monkeypatch.setenv("ESPTOOL_CFGFILE", str(tmp_path / "esptool.cfg"))


@pytest.mark.parametrize("board,mib", [(ESP32, 4), (S3, 8)], ids=["esp32", "esp32s3"])
def test_a_chip_is_identified_written_at_its_offset_verified_and_started(board, mib, tmp_path):
    chip, heard = Chip(board.id, mib), []
    with Cable(chip, tmp_path / "tty") as cable:
        found = esp.identify(cable.port)
        assert found == (board.chip, "24:0a:c4:11:22:33", mib << 20) and not chip.writes
        esp.write(cable.port, board, content(), lambda *at: heard.append(at))
    offset = board.flash["offset"]
    assert chip.flash[offset : offset + len(content())] == content()
    assert chip.resets == (["watchdog"] if board is S3 else [])
    assert heard == sorted(heard) and heard[-1] == (len(content()), len(content()))


def test_what_is_in_the_flash_already_is_not_written_again(tmp_path):
    chip = Chip()
    with Cable(chip, tmp_path / "tty") as cable:
        esp.write(cable.port, ESP32, content(), quiet)
        before = chip.writes
        esp.write(cable.port, ESP32, content(), quiet)
        assert chip.writes == before
        chip.flash[0x1000 + esp.PIECE + 5] ^= 1
        esp.write(cable.port, ESP32, content(), quiet)
        assert chip.writes == before + esp.PIECE


def test_only_erase_takes_what_is_beside_the_image(tmp_path):
    chip = Chip()
    chip.flash[0x200000:0x200004] = b"mine"
    with Cable(chip, tmp_path / "tty") as cable:
        esp.write(cable.port, ESP32, content(), quiet)
        assert chip.flash[0x200000:0x200004] == b"mine"
        esp.write(cable.port, ESP32, content(), quiet, erase=True)
        assert chip.flash[0x200000:0x200004] == b"\xff" * 4
        assert chip.flash[0x1000 : 0x1000 + len(content())] == content()


def test_another_chip_or_a_smaller_flash_is_refused_before_anything_is_written(tmp_path):
    chip = Chip("esp32", 2)
    with Cable(chip, tmp_path / "tty") as cable:
        place = plugged.Place(cable.port, False, (ESP32, S3))
        with pytest.raises(
            WrongBoard, match="this is a ESP32 development board .*, not a ESP32-S3 .* say --board esp32"
        ):
            plugged.look(place, S3, loader_first=True)
        found = plugged.look(place, None, loader_first=True)
        assert found[:2] == (ESP32, "ESP32 24:0a:c4:11:22:33")
        with pytest.raises(WrongBoard, match="2097152 bytes, 4194304 are needed"):
            steps.fitting(place, found, content(), None, False)
        with pytest.raises(WrongBoard, match="this is an ESP32, not an ESP32-S3"):
            esp.write(cable.port, S3, content(), quiet)
    assert not chip.writes


def test_a_chip_that_runs_its_program_is_told_by_the_buttons_to_press(tmp_path, brisk):
    with (
        Cable(Chip(), tmp_path / "tty", deaf=True) as cable,
        pytest.raises(NoBoard, match="hold BOOT, tap RESET"),
    ):
        esp.identify(cable.port)


def test_a_port_that_is_not_there_or_is_taken_is_said_in_one_line(tmp_path):
    with pytest.raises(NoBoard, match="is not there: plug the board in"):
        esp.identify(tmp_path / "none")
    with (
        Cable(Chip(), tmp_path / "tty") as cable,
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import serial,sys; p=serial.Serial(sys.argv[1],exclusive=True); print(1,flush=True); input()",
                str(cable.port),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other,
    ):
        other.stdout.readline()
        with pytest.raises(PortRefused, match=rf"is taken by .* \(process {other.pid}\): close it"):
            esp.identify(cable.port)
        other.communicate(b"\n")


@pytest.mark.parametrize(
    "said,error,line",
    [
        ("[Errno 13] Permission denied: '/dev/ttyUSB0'", PortRefused, "group dialout"),
        ("MD5 of file does not match data in flash!", VerifyFailed, "not as written"),
        ("File 'x' (length 9) at offset 0x1000 will not fit in 2097152 bytes of flash", WrongBoard, "2097152 bytes"),
        ("Wrong boot mode detected (0x13)! The chip needs to be in download mode.", NoBoard, "hold BOOT"),
        ("something new", FlasherError, "esptool failed: something new"),
    ],
)
def test_what_esptool_says_becomes_one_line_that_says_what_to_do(said, error, line):
    told = esp.trouble("/dev/ttyUSB0", said)
    assert type(told) is error and line in str(told) and "\n" not in str(told)


def test_a_cable_pulled_at_random_points_costs_nothing_but_a_second_run(tmp_path, brisk):
    chance, whole = random.Random(11), content()
    with Cable(Chip(), tmp_path / "tty") as cable:
        esp.write(cable.port, ESP32, whole, quiet)
        taken = cable.taken
    for cut in sorted(chance.sample(range(200, taken - 50), CUTS)):
        chip = Chip()
        with Cable(chip, tmp_path / "tty", cut_after=cut) as cable, pytest.raises((PortLost, NoBoard)):
            esp.write(cable.port, ESP32, whole, quiet)
        with Cable(chip, tmp_path / "tty") as cable:
            esp.write(cable.port, ESP32, whole, quiet)
        assert chip.flash[0x1000 : 0x1000 + len(whole)] == whole, f"cut after {cut}"


def test_a_second_flasher_on_the_same_port_is_told_who_has_it(tmp_path):
    with ports.held(tmp_path / "tty"):
        script = "import sys; from flasher import ports\nwith ports.held(sys.argv[1]): pass"
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "tty")], cwd=ROOT, capture_output=True, text=True
        )
    assert done.returncode and f"another flasher (process {os.getpid()})" in done.stderr
    with ports.held(tmp_path / "tty"):
        pass
