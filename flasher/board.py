"""What a folder of boards/ says about a board: chip, USB ids, how it is flashed, where its file system stands."""

import json
from collections import namedtuple
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "boards"

Board = namedtuple(
    "Board",
    ("id", "name", "chip", "machine", "base_image", "flash", "usb", "flash_bytes", "filesystem_bytes", "watchdog_ms"),
)
# machine: how what MicroPython calls the board (os.uname().machine) ends
# flash: how a base image gets in, as board.json says it ({"method": "esptool" or "uf2", ...}), None: it needs none
# usb: ((vendor, product), ...) of the running board and of its bridge


@cache
def boards():
    """{id: Board} of every folder that has a board.json, in the order of their ids."""
    return {path.parent.name: _read(path) for path in sorted(FOLDER.glob("*/board.json"))}


def _read(path):
    said = json.loads(path.read_text(encoding="utf-8"))
    usb = tuple((int(vendor, 16), int(product, 16)) for vendor, product in said["usb"])
    return Board(
        said["board"],
        said["name"],
        said["chip"],
        said["machine"],
        said["base_image"],
        said["flash"],
        usb,
        said["flash_bytes"],
        said["filesystem_bytes"],
        said["watchdog_ms"],
    )


def flashed_by(method):
    """The boards whose base image gets in by "esptool" or by "uf2"."""
    return [board for board in boards().values() if board.flash and board.flash["method"] == method]
