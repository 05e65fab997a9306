"""The commands a technician types: list, image, flash; what they refuse, and with which status."""

import json
import os
import pty
import subprocess
import sys
from collections import namedtuple
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from flasher import images, ports, uf2
from flasher.__main__ import main
from flasher.board import boards
from flasher.errors import EXITS, NoBoard
from tests.fakes.esp_rom import Cable, Chip
from tests.fakes.uf2_drive import Drive, Pico
from tests.flasher.test_esp import content
from tests.flasher.test_uf2 import firmware

ROOT = Path(__file__).parents[2]
Seen = namedtuple("Seen", ("device", "vid", "pid", "serial_number"))


def run(*words, status=0):
    """What a command printed, once it ended with this status."""
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """An image folder with one base image for an ESP32 and one for a Pico W."""
    monkeypatch.setenv("GANTRY_IMAGES", str(tmp_path / "images"))
    (tmp_path / "esp.bin").write_bytes(content())
    (tmp_path / "pico.uf2").write_bytes(firmware()[0])
    run("image", "add", tmp_path / "esp.bin", "--board", "esp32", "--version", "1.28.0")
    run("image", "add", tmp_path / "pico.uf2", "--board", "pico_w", "--version", "1.28.0")
    return tmp_path / "images"


def test_boards_are_known_by_their_usb_ids_and_never_by_their_place():
    seen = [Seen("/dev/ttyS0", None, None, None), Seen("COM3", 0x303A, 0x1001, "a"), Seen("COM4", 0x10C4, 0xEA60, "b")]
    assert [(port.name, port.boards) for port in ports.ports(seen)] == [
        ("COM3", ["esp32s3"]),
        ("COM4", ["esp32", "esp32s3"]),
    ]
    with pytest.raises(NoBoard, match="COM3, COM4; name one with --port"):
        ports.only(ports.ports(seen), "port", "ESP32-S3")
    with pytest.raises(NoBoard, match="many only charge"):
        ports.only([], "port", "ESP32-S3")


def test_drives_are_known_by_their_info_file(tmp_path):
    for name in ("RPI-RP2", "RP2350", "holiday"):
        (tmp_path / name).mkdir()
        if name != "holiday":
            (tmp_path / name / uf2.INFO).write_text(f"Board-ID: {name}\n")
    assert [drive.boards for drive in ports.drives(sorted(tmp_path.glob("*")))] == [["pico2_w"], ["pico_w"]]


def test_two_boards_at_once_are_written_each_with_its_result(tmp_path):
    chips = Chip(), Chip("esp32s3", 8)
    with Cable(chips[0], tmp_path / "tty0") as one, Cable(chips[1], tmp_path / "tty1") as two:
        said = run("flash", "--board", "esp32", "--port", one.port, "--port", two.port, "--json", status=4)
    first, second = map(json.loads, said.splitlines()[:2])
    assert (first["result"], first["status"], first["chip"]) == ("written and verified", 0, "ESP32 24:0a:c4:11:22:33")
    assert second["status"] == 4 and "this is an ESP32-S3" in second["result"] and not chips[1].writes
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
        assert "written and verified" in run("flash", "--board", "pico_w", "--drive", drive.folder)
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
    run("flash", "--board", "pico_w", "--port", "COM3", status=4)
    run("flash", status=2)


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


def test_a_drive_that_nothing_mounts_is_named_with_the_command_that_does(tmp_path, monkeypatch):
    assert ports.unmounted(tmp_path) is None
    (tmp_path / "RPI-RP2").touch()
    assert ports.unmounted(tmp_path) == tmp_path / "RPI-RP2"
    monkeypatch.setattr(ports, "unmounted", lambda: tmp_path / "RPI-RP2")
    with pytest.raises(NoBoard, match="udisksctl mount -b .*RPI-RP2"):
        ports.only([], "drive", "Pico")
