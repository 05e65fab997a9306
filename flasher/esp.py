"""A base image onto an ESP32 or ESP32-S3, by esptool: a process of its own (GPL, never imported), proved by MD5.

The image goes in pieces of 64 KiB; what is in the flash already is skipped: a second run goes on where
a cable was pulled.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

from flasher import ports
from flasher.errors import FlasherError, ImageRefused, NoBoard, PortLost, PortRefused, VerifyFailed, WrongBoard
from flasher.permission import advice

PIECE = 65536
Chip = namedtuple("Chip", ("name", "mac", "flash_bytes"))  # as the chip itself says

BUTTONS = "hold BOOT, tap RESET, let go of BOOT, run the same command again"
TROUBLES = (  # what esptool says -> which error, and what the technician does; the first that fits counts
    (r"This chip is (\S+), not (\S+?)\.", WrongBoard, "{port}: this is an {0}, not an {1}; nothing was written"),
    (r"is not an (\S+) image", ImageRefused, "{port}: the image is not for an {0}; nothing was written"),
    (r"requires chip revision (\S+)", WrongBoard, "{port}: the image needs a chip of revision {0}; take another board"),
    (r"Secure Boot|encryption enabled", WrongBoard, "{port}: this chip is locked by its maker; take another board"),
    (r"will not fit in (\d+) bytes", WrongBoard, "{port}: the image does not fit into {0} bytes; take another board"),
    (r"Permission denied", PortRefused, "{port} may not be opened by you: {advice}"),
    (r"MD5 of file does not match|region is empty", VerifyFailed, "{port}: the flash is not as written; run it again"),
    (r"Errno 2\b|FileNotFoundError", NoBoard, "{port} is not there: plug the board in with a cable that carries data"),
    (r"Access is denied|exclusively lock|Errno 16", PortRefused, "{port} is taken by {holder}: close it"),
    (r"Failed to connect|Wrong boot mode", NoBoard, "{port} does not answer as a chip to be flashed: " + BUTTONS),
    (
        r"readiness to read|Errno (?:5|6|9|19)\b|[Ww]rite timeout|No more data|No serial data|ClearComm|Bad file|"
        r"Invalid head of packet|Failed to (?:write|enter|calculate|start|read|configure|set|verify)|Unable to verify|"
        r"Packet content transfer stopped|doesn't match request|"
        r"SerialException",
        PortLost,
        "{port} went away in the middle: plug it in again and run the same command, it goes on",
    ),
)


def identify(port):
    """The Chip on a port, asked before anything is written. Raises FlasherError."""
    said = _esptool(port, "auto", "no-reset", ["flash-id"])
    name = re.search(r"Connected to (\S+) on", said)
    mac = re.search(r"^MAC: +([0-9a-f:]{17})", said, re.M)
    size = re.search(r"Detected flash size: (\d+)MB", said)
    if not name or not mac or not size:
        raise NoBoard(f"{port}: the chip says neither its kind nor its flash; " + BUTTONS)
    return Chip(name[1], mac[1], int(size[1]) << 20)


def write(port, board, content, progress, erase=False):
    """Put an image at the board's offset, verify it, start the board. Raises FlasherError.

    `progress(done, total)` in bytes; `erase`: everything on the flash goes first, the terminal's own files too.
    """
    offset = board.flash["offset"]
    with tempfile.TemporaryDirectory() as folder:
        words = ["write-flash", "--erase-all" if erase else "--skip-flashed"]
        for at in range(0, len(content), PIECE):
            piece = Path(folder) / f"{at:08x}"
            piece.write_bytes(content[at : at + PIECE])
            words += [hex(offset + at), str(piece)]

        def told(line):
            reached = re.match(r"Writing at 0x([0-9a-f]+)|'.*' at 0x([0-9a-f]+) already in flash", line)
            if reached:
                done = int(reached[1] or reached[2], 16) - offset + (PIECE if reached[2] else 0)
                progress(min(done, len(content)), len(content))

        _esptool(port, board.flash["chip"], board.flash["after"], words, told)


def _esptool(port, chip, after, words, told=lambda line: None):
    """Everything esptool said; `told` hears each line as it comes. Raises the error that TROUBLES names."""
    command = [sys.executable, "-m", "esptool", "--port", str(port), "--chip", chip, "--after", after, *words]
    surroundings = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    lines = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=surroundings,
    ) as process:
        try:
            for line in process.stdout:
                lines.append(line)
                told(line)
            process.wait()
        finally:  # after a Ctrl-C above all: esptool must not go on alone
            if process.poll() is None:
                process.terminate()
    said = "".join(lines)
    if process.returncode:
        raise trouble(port, said)
    return said


def trouble(port, said):
    """The error in one line that an esptool run which failed stands for."""
    for pattern, error, text in TROUBLES:
        found = re.search(pattern, said)
        if found:
            holder = ports.holder(port) or "another program"
            return error(text.format(*found.groups(), port=port, holder=holder, advice=advice()))
    last = ([line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"])[-1]
    return FlasherError(f"{port}: esptool failed: {last}")
