"""What is plugged in and which board it is: a drive says it in INFO_UF2.TXT, MicroPython by its machine, a chip itself.

Nothing is written here. What is said decides which board it is; where it contradicts `--board` it is refused.
"""

import os
import threading
import time
from collections import namedtuple

from flasher import esp, ports, uf2
from flasher.board import boards, flashed_by
from flasher.errors import BoardRefused, FlasherError, NoBoard, PortLost, WrongBoard
from flasher.repl import ENTER_S, Repl

LOOK_S = 4  # for a program that lets the cable in; a bare ESP32 never does
BACK_S = 30  # for a board to come back after its restart

ONE_AT_A_TIME = threading.Lock()  # the drive that comes is that of the Pico which was asked for it

Place = namedtuple("Place", ("name", "is_drive", "may_be"))  # may_be: the Boards it can be, by USB ids or INFO_UF2.TXT
Found = namedtuple("Found", ("board", "chip", "micropython", "flash_bytes"))
# chip: as it calls itself; micropython: the version that runs, None on a bare board; flash_bytes: None where not asked

MACHINE = """
import json, os, sys
if hasattr(os, "uname"):
    said = os.uname()
    print(json.dumps([said[4], said[2]]))
else:
    print(json.dumps([sys.implementation._machine, ".".join(map(str, sys.implementation.version[:3]))]))
"""


def places(kind, names=(), folders=(), every=False, bare=True):
    """The Places that were named; or those where a board of this kind (None: any) is, one unless `every`.

    `bare`: drives count too, whose boards run nothing yet. Raises NoBoard when there is none or a choice.
    """
    listed = [Place(port.name, False, _boards(port.boards)) for port in ports.ports()]
    drives = [Place(drive.folder, True, _boards(drive.boards)) for drive in ports.drives() if bare]
    if names or folders:
        known = {os.path.realpath(place.name): place for place in listed}
        unknown = Place(None, False, (kind,) if kind else tuple(boards().values()))
        named = [known.get(os.path.realpath(name), unknown)._replace(name=name) for name in names]
        named += [Place(str(folder), True, flashed_by("uf2")) for folder in folders]
        return list({place.name: place for place in named}.values())
    fitting = [place for place in drives + listed if kind is None or kind in place.may_be]
    if every and fitting:
        return fitting
    asks_for_drive = kind is not None and kind in flashed_by("uf2")
    return [ports.only(fitting, "drive" if asks_for_drive else "port", kind.name if kind else "board")]


def look(place, kind=None, loader_first=False):
    """What is Found at a Place. Raises WrongBoard when it is another than `kind`, and what the way there raises.

    `loader_first`: a chip that has a loader on its port is asked there, whatever runs on it.
    """
    if place.is_drive:
        said = uf2.info(place.name)
        found = Found(_by(lambda board: said.startswith(board.flash["info"]), flashed_by("uf2")), said, None, None)
    else:
        with ports.held(place.name):
            found = _look_at_port(place, loader_first)
    if found.board is None:
        raise WrongBoard(f"{place.name}: {found.chip!r} is none of {', '.join(boards())}; nothing was written")
    if kind is not None and found.board != kind:
        raise WrongBoard(
            f"{place.name}: this is a {found.board.name} ({found.chip}), not a {kind.name}; nothing was written; "
            f"take the other board, or say --board {found.board.id}"
        )
    return found


def _look_at_port(place, loader_first):
    with_loader = [board for board in place.may_be if board in flashed_by("esptool")]
    if not (loader_first and with_loader):
        try:
            with Repl(place.name, LOOK_S if with_loader else ENTER_S) as repl:
                machine, version = running(repl)
            return Found(recognised(machine), machine, version, None)
        except BoardRefused:
            if not with_loader:
                raise
    chip = esp.identify(place.name)
    board = _by(lambda board: board.chip == chip.name, flashed_by("esptool"))
    return Found(board, f"{chip.name} {chip.mac}", None, chip.flash_bytes)


def running(repl):
    """(what MicroPython calls the machine, its own version) of the board in the REPL."""
    return repl.value(MACHINE)


def recognised(machine):
    """The Board that MicroPython calls so, or None."""
    return _by(lambda board: machine.endswith(board.machine), boards().values())


def confirm(repl, kind=None):
    """The Board in the REPL, which is `kind` where that is named. Raises WrongBoard before anything is written."""
    machine, _version = running(repl)
    board = recognised(machine)
    if board is None or kind not in (None, board):
        raise WrongBoard(
            f"{repl.port}: {machine!r} is "
            + (f"not a {kind.name}" if kind else f"none of {', '.join(boards())}")
            + "; nothing was written; take the other board"
            + (f", or say --board {board.id}" if board else "")
        )
    return board


def arrived(before, board, count, wait_s=BACK_S):
    """The ports, names beyond `before`, on which `count` boards came back; fewer when the time is over."""
    deadline = time.monotonic() + wait_s
    while True:
        new = [port.name for port in ports.ports() if board.id in port.boards and port.name not in before]
        if len(new) >= count or time.monotonic() > deadline:
            return new
        time.sleep(0.1)


def answers(name):
    """The version of the MicroPython that answers on a port, None where none does. The board starts again."""
    try:
        with ports.held(name), Repl(name, LOOK_S) as repl:
            version = running(repl)[1]
            repl.restart()
            return version
    except FlasherError:
        return None


def back(name, board, before, wait_s=BACK_S):
    """The name of the port after its board's restart: the same, or the one that is new. Raises NoBoard."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        new = [port.name for port in ports.ports() if board.id in port.boards and port.name not in before]
        if not os.path.exists(name) and len(new) == 1:
            name = new[0]
        try:
            with ports.held(name), Repl(name, LOOK_S) as repl:
                confirm(repl, board)
            return name
        except (NoBoard, BoardRefused, PortLost):  # it is on its way
            time.sleep(0.2)
    raise NoBoard(f"{name}: the {board.name} did not come back with MicroPython; unplug it, plug it in, run it again")


def as_drive(place, board, wait_s=BACK_S):
    """The Place of the drive that a Pico shows after its MicroPython was asked for it. Raises NoBoard: which button."""
    with ONE_AT_A_TIME:
        before = {drive.folder for drive in ports.drives()}
        with ports.held(place.name), Repl(place.name) as repl:
            confirm(repl, board)
            repl.leave("import machine\nmachine.bootloader()")
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            for drive in ports.drives():
                if drive.folder not in before and board.id in drive.boards:
                    return Place(drive.folder, True, (board,))
            time.sleep(0.1)
    disk = ports.unmounted()
    raise NoBoard(
        f"{place.name}: the board went into its loader and no drive came: "
        + (f"udisksctl mount -b {disk}" if disk else "hold BOOTSEL while you plug it in")
        + ", then run it again"
    )


def _boards(ids):
    return tuple(boards()[each] for each in ids)


def _by(fits, among):
    return next((board for board in among if fits(board)), None)
