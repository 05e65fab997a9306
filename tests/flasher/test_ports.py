"""Boards are known by what USB and their drives say, whatever Linux, macOS and Windows call them; never "the first"."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from flasher import doctor, permission, plugged, ports, uf2
from flasher.board import boards
from flasher.errors import NoBoard

ROOT = Path(__file__).parents[2]


def seen(device, vid=None, pid=None, serial=None):
    """What pyserial lists for one port."""
    port = ListPortInfo(device, skip_link_detection=True)
    port.vid, port.pid, port.serial_number = vid, pid, serial
    return port


@pytest.mark.parametrize(
    "names",
    [
        ("/dev/ttyUSB0", "/dev/ttyACM0", "/dev/ttyS0"),
        ("/dev/cu.usbserial-0001", "/dev/cu.usbmodem14101", "/dev/cu.Bluetooth-Incoming-Port"),
        ("COM3", "COM12", "COM1"),
    ],
    ids=["linux", "macos", "windows"],
)
def test_boards_are_known_by_their_usb_ids_whatever_the_port_is_called(names, monkeypatch):
    bridge, native, other = names
    found = [seen(bridge, 0x10C4, 0xEA60, "1"), seen(native, 0x303A, 0x1001, "2"), seen(other)]
    assert {port.name: port.boards for port in ports.ports(found)} == {
        bridge: ["esp32", "esp32s3"],
        native: ["esp32s3"],
    }
    monkeypatch.setattr(ports.list_ports, "comports", lambda: found)
    monkeypatch.setattr(ports, "mounted", lambda: [])
    assert [place.name for place in plugged.places(boards()["esp32"])] == [bridge]
    with pytest.raises(NoBoard, match="2 boards could be the ESP32-S3 development board: .*name one with --port"):
        plugged.places(boards()["esp32s3"])
    assert {place.name for place in plugged.places(boards()["esp32s3"], every=True)} == {bridge, native}
    with pytest.raises(NoBoard, match="many only charge"):
        plugged.places(boards()["pico_w"])


def test_ports_stand_in_the_order_a_person_counts():
    found = [seen(f"COM{n}", 0x2E8A, 0x0005) for n in (10, 9, 3)]
    assert [port.name for port in ports.ports(found)] == ["COM3", "COM9", "COM10"]


def test_a_name_that_links_to_a_port_is_that_port(tmp_path, monkeypatch):
    (tmp_path / "ttyACM0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyACM0")
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [seen(str(tmp_path / "ttyACM0"), 0x303A, 0x4001)])
    monkeypatch.setattr(ports, "mounted", lambda: [])
    (place,) = plugged.places(None, [str(tmp_path / "by-id")])
    assert [board.id for board in place.may_be] == ["esp32s3"] and place.name == str(tmp_path / "by-id")


def test_a_port_has_one_lock_whatever_its_name_is_written_like(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "tty")
    assert ports._digest(tmp_path / "link", "linux") == ports._digest(tmp_path / "tty", "linux")
    assert ports._digest("com3", "win32") == ports._digest(r"\\.\COM3", "win32") != ports._digest("COM4", "win32")


def test_drives_are_known_by_their_info_file(tmp_path):
    for name in ("RPI-RP2", "RP2350", "holiday"):
        (tmp_path / name).mkdir()
        if name != "holiday":
            (tmp_path / name / uf2.INFO).write_text(f"Board-ID: {name}\n")
    assert [drive.boards for drive in ports.drives(sorted(tmp_path.glob("*")))] == [["pico2_w"], ["pico_w"]]


def test_a_windows_machine_looks_at_every_drive_letter_and_an_empty_one_is_no_trouble():
    letters = ports.mounted("win32")
    assert letters[0] == "A:\\" and letters[-1] == "Z:\\" and ports.drives(letters) == []


def test_a_drive_that_nothing_mounts_is_named_with_the_command_that_does(tmp_path, monkeypatch):
    assert ports.unmounted(tmp_path) is None
    (tmp_path / "RPI-RP2").touch()
    assert ports.unmounted(tmp_path) == tmp_path / "RPI-RP2"
    monkeypatch.setattr(ports, "unmounted", lambda: tmp_path / "RPI-RP2")
    with pytest.raises(NoBoard, match="udisksctl mount -b .*RPI-RP2"):
        ports.only([], "drive", "Pico")


def test_a_lock_that_another_technician_made_still_locks(tmp_path, monkeypatch):
    """Two people on one laptop: neither may write the other's files in the temporary folder."""
    if os.getuid():
        pytest.skip("only root can be two people")
    monkeypatch.setattr(ports.tempfile, "gettempdir", lambda: str(tmp_path))
    tmp_path.chmod(0o1777)
    for parent in tmp_path.parents:
        if parent.name.startswith(("pytest-", "popen-")):
            parent.chmod(0o755)
    with ports.held("/dev/ttyGANTRY0"):
        pass
    (lock,) = tmp_path.glob("gantry-port-*")
    script = (  # what it needs of Python is loaded while it may still read it
        "import codecs, os, sys\nfrom flasher import ports\ncodecs.lookup('ascii')\nos.setuid(65534)\n"
        "ports.tempfile.gettempdir = lambda: sys.argv[1]\nwith ports.held('/dev/ttyGANTRY0'): print('held')"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    other = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert other.stdout == "held\n", other.stderr
    with ports.held("/dev/ttyGANTRY0"):
        other = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert f"in use by another flasher (process {os.getpid()})" in other.stderr and lock.stat().st_uid == 0


def test_a_port_given_back_is_free_though_a_process_just_started_still_has_all_that_was_open(tmp_path, monkeypatch):
    monkeypatch.setattr(ports.tempfile, "gettempdir", lambda: str(tmp_path))
    with ports.held("/dev/ttyGANTRY0"):
        child = os.fork()
        if child == 0:  # between its fork and its exec, for as long as it likes
            time.sleep(60)
            os._exit(0)
    try:
        with ports.held("/dev/ttyGANTRY0"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@pytest.mark.parametrize(
    "system,words", [("linux", "dialout"), ("darwin", "maker's driver"), ("win32", "Device Manager")]
)
def test_what_to_do_about_a_port_that_does_not_open_fits_the_machine(system, words, monkeypatch):
    assert words in permission.advice(system) and "\n" not in permission.advice(system)
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [])
    monkeypatch.setattr(ports, "mounted", lambda: [])
    said = "\n".join(doctor.findings(boards().values(), system))
    assert words in said and "many only charge" in said and ("/etc/udev/rules.d" in said) == (system == "linux")


def test_the_udev_rule_names_every_usb_id_of_every_board():
    lines = permission.rule(boards().values()).splitlines()
    assert lines[0] == "# /etc/udev/rules.d/60-gantry.rules" and len(lines) == len(set(lines))
    for board in boards().values():
        for vendor, product in board.usb:
            ids = f'ATTRS{{idVendor}}=="{vendor:04x}", ATTRS{{idProduct}}=="{product:04x}"'
            assert f'SUBSYSTEM=="tty", {ids}, TAG+="uaccess"' in lines


def test_doctor_says_of_a_taken_port_which_program_has_it(monkeypatch):
    master, end = os.openpty()
    name = os.ttyname(end)
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [seen(name, 0x2E8A, 0x0005)])
    monkeypatch.setattr(ports, "mounted", lambda: [])
    assert f"{name}: free, pico2_w or pico_w" in list(doctor.findings(boards().values(), "linux"))
    script = "import sys; open(sys.argv[1], 'rb', 0); file = open(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script, name], **pipes) as other:
        other.stdout.readline()
        assert any(f"(process {other.pid}); close it" in line for line in doctor.findings(boards().values(), "linux"))
        other.communicate()
    os.close(master)
    os.close(end)
