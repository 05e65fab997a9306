"""Boards on this machine: serial ports by USB vendor and product, drives of Picos in BOOTSEL; never "the first"."""

import hashlib
import os
import re
import string
import sys
import tempfile
from collections import namedtuple
from contextlib import contextmanager, suppress
from pathlib import Path

from serial.tools import list_ports

from flasher import uf2
from flasher.board import boards, flashed_by
from flasher.errors import NoBoard, PortRefused

Port = namedtuple("Port", ("name", "vendor", "product", "serial", "boards"))  # boards: ids it may be, by its USB ids
Drive = namedtuple("Drive", ("folder", "info", "boards"))
UNMOUNTED = ("RPI-RP2", "RP2350")  # what the drives are labelled
NO_BOARD = (
    "no board is there: use a cable that carries data (many only charge), plug it in anew; "
    "a Pico: hold BOOTSEL while you plug it in"
)


def ports(found=None):
    """The Ports whose USB vendor and product a board of boards/ has, in the order of their names: COM9 before COM10."""
    listed = []
    for port in found if found is not None else list_ports.comports():
        ids = [board.id for board in boards().values() if (port.vid, port.pid) in board.usb]
        if ids:
            listed.append(Port(port.device, port.vid, port.pid, port.serial_number, ids))
    return sorted(listed, key=lambda port: [int(n) if n.isdigit() else n for n in re.split(r"(\d+)", port.name)])


def drives(folders=None):
    """The Drives that hold an INFO_UF2.TXT."""
    listed = []
    for folder in folders if folders is not None else mounted():
        try:
            named = uf2.info(folder)
        except NoBoard:  # another drive, or a drive letter with nothing in it
            continue
        else:
            ids = [board.id for board in flashed_by("uf2") if named.startswith(board.flash["info"])]
            listed.append(Drive(str(folder), named, ids))
    return listed


def mounted(platform=sys.platform):
    """The folders where a drive of this kind of machine may be."""
    if platform == "win32":
        return [f"{letter}:\\" for letter in string.ascii_uppercase]
    if platform == "darwin":
        return sorted(Path("/Volumes").glob("*"))
    lines = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    return [line.split(" ")[1].replace("\\040", " ") for line in lines if " vfat " in line]


def unmounted(labels=Path("/dev/disk/by-label")):
    """The disk of a Pico that is there but not mounted, or None: where automounting is off."""
    return next((labels / label for label in UNMOUNTED if (labels / label).exists()), None)


def only(found, kind, what):
    """The only one of `found` (of --`kind`, called `what`). Raises NoBoard when there is none or a choice."""
    if len(found) > 1:
        names = ", ".join(each[0] for each in found)
        raise NoBoard(f"{len(found)} boards could be the {what}: {names}; name one with --{kind}")
    if not found:
        disk = unmounted()
        if kind == "drive" and disk is not None:
            raise NoBoard(f"{disk} is there but not mounted: udisksctl mount -b {disk}, then run it again")
        raise NoBoard(NO_BOARD)
    return found[0]


@contextmanager
def held(port):
    """Hold a port against a second flasher on this machine. Raises PortRefused, saying which process has it."""
    with _mine(Path(tempfile.gettempdir()) / f"gantry-port-{_digest(port)}") as file:
        if not _lock(file):
            file.seek(0)
            raise PortRefused(f"{port} is in use by another flasher (process {file.read().strip()}): wait for it")
        if file.writable():
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        try:
            yield
        finally:
            _let_go(file)


def _digest(port, platform=sys.platform):
    """The same for every name of a port: links on Linux and macOS, capitals or not on Windows."""
    name = port.upper().removeprefix("\\\\.\\") if platform == "win32" else os.path.realpath(port)
    return hashlib.sha256(str(name).encode()).hexdigest()[:16]


def _mine(path):
    """The file that is locked; one that another technician on this laptop made can be locked, not written."""
    try:
        return open(path, "a+", encoding="ascii")
    except PermissionError:
        return open(path, encoding="ascii")


def holder(port):
    """Which other program has a port open, with its process; None where none is, or that cannot be seen."""
    device = os.path.realpath(port)
    for process in (each.name for each in Path("/proc").glob("[0-9]*")):  # none where there is no /proc
        try:
            if device in _opened(process) and not _ours(process):
                return f"{Path('/proc', process, 'comm').read_text().strip()} (process {process})"
        except OSError:  # it ended meanwhile, or is not ours to look into
            continue
    return None


def _opened(process):
    """What a process has open, as paths. Raises OSError."""
    folder = f"/proc/{process}/fd"
    for number in os.listdir(folder):
        with suppress(FileNotFoundError):  # it was closed meanwhile
            yield os.readlink(f"{folder}/{number}")


def _ours(process):
    """Whether a process is this one, or one it is about to start: until its first step that has all that we have."""
    words = [Path("/proc", each, "cmdline").read_bytes() for each in (process, "self")]
    return process == str(os.getpid()) or words[0] == words[1]


def _lock(file):
    """Whether the file could be locked; the lock goes with the file's closing, also when the process is killed."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(4096)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _let_go(file):
    """Give the lock up by itself: a process that is just being started holds what we had open a little longer."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
