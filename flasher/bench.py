"""The commands for boards on the bench and their base images: list, flash, image."""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from flasher import esp, furnish, images, merge, ports, uf2
from flasher.board import boards
from flasher.errors import FlasherError, NoBoard, WrongBoard

FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
FLASHED = [board.id for board in boards().values() if board.flash]


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def list_boards(as_json):
    """Show the boards that are plugged in: serial ports by their USB ids, and drives of Picos in BOOTSEL."""
    found, drives = ports.ports(), ports.drives()
    if as_json:
        click.echo(json.dumps({"ports": [p._asdict() for p in found], "drives": [d._asdict() for d in drives]}))
        return
    for port in found:
        click.echo(
            f"{port.name}  {port.vendor:04x}:{port.product:04x} {port.serial or '-'}  {' or '.join(port.boards)}"
        )
    for drive in drives:
        click.echo(f"{drive.folder}  {drive.info}  {' or '.join(drive.boards)}")
    if not found and not drives:
        raise NoBoard(ports.NO_BOARD)


@click.group("image")
def image():
    """Keep the base images (MicroPython) that boards get: local files, each proved by its sha256."""


@image.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--board", required=True, type=click.Choice(FLASHED))
@click.option("--version", required=True, help="Of MicroPython: 1.28.0")
def add_image(file, board, version):
    """Take FILE into the image folder and its manifest."""
    taken = images.add(file, boards()[board], version)
    click.echo(f"{taken.board} {taken.version} sha256 {taken.sha256}")


@image.command("list")
def list_images():
    """Show every listed base image and whether it is still the one that was added."""
    for one in images.listed():
        images.proved(one, boards()[one.board])
        click.echo(f"{one.board} {one.version} sha256 {one.sha256} whole")


@click.command("merge")
@click.argument("board", type=click.Choice(FLASHED))
@click.option("--image", "slot", required=True, type=FILE, help="A signed image, as `build` makes it.")
@click.option("--keys", required=True, type=FILE, help="The list of release keys the board will trust.")
@click.option("--own", type=click.Path(file_okay=False, exists=True, path_type=Path), help="identity.json, ca.der.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
def merge_image(board, slot, keys, own, out):
    """Make one file of BOARD's base image, application and identity, for `flash --merged`. It holds a secret."""
    kind = boards()[board]
    _base, content = images.newest(kind)
    mine = {path.name: path.read_bytes() for path in sorted(own.iterdir()) if path.is_file()} if own else {}
    files = furnish.furnished(board, slot.read_bytes(), keys.read_bytes(), mine)
    whole = merge.merged(content, files, kind)
    with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.chmod(out, 0o600)
        file.write(whole)
    click.echo(f"{out}: {len(files)} files, {len(whole)} bytes, for {board}; delete it when the board has it")


@click.command("flash")
@click.option("--board", required=True, type=click.Choice(FLASHED))
@click.option("--port", "names", multiple=True, help="A serial port; repeatable. Without it: the only one that fits.")
@click.option("--drive", "folders", multiple=True, help="The folder of a Pico's drive; repeatable.")
@click.option("--all", "every", is_flag=True, help="Every board of this kind that is plugged in.")
@click.option("--erase", is_flag=True, help="Erase the whole flash first: identity and unsent readings go too.")
@click.option("--dry-run", is_flag=True, help="Find, identify and prove everything; write nothing.")
@click.option("--merged", type=FILE, help="A file that `merge` made, instead of the listed base image.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per board instead of lines.")
def flash(board, names, folders, every, erase, dry_run, merged, as_json):
    """Put the newest listed base image of a board onto it; running it again goes on where it stopped."""
    kind = boards()[board]
    version, content = _wanted(kind, merged)
    digest = hashlib.sha256(content).hexdigest()
    places = _places(kind, names, folders, every)
    with _bars(as_json or not sys.stderr.isatty()) as bars, ThreadPoolExecutor(len(places)) as pool:
        done = list(pool.map(lambda place: _try(kind, place, content, erase, dry_run, bars), places))
    for place, (chip, error) in zip(places, done, strict=True):
        result = {"board": board, "place": place, "chip": chip, "version": version, "sha256": digest}
        said = str(error) if error else "would be written" if dry_run else "written and verified"
        status = error.status if error else 0
        line = f"{place}  {chip or '-'}  {version}  {said}"
        click.echo(json.dumps({**result, "result": said, "status": status}) if as_json else line)
    worst = next((error for _chip, error in done if error), None)
    if worst is not None:
        raise worst


def _wanted(board, merged):
    """(its version, the bytes to write): the newest listed image, or a merged file of one board."""
    if merged is None:
        base, content = images.newest(board)
        return base.version, content
    content = merged.read_bytes()
    merge.opened(content, board)
    return merged.name, content


def _places(board, names, folders, every):
    """The ports or drives to write to. Raises NoBoard, WrongBoard."""
    uses_drives = board.flash["method"] == "uf2"
    named, kind = (folders, "drive") if uses_drives else (names, "port")
    if names and uses_drives or folders and not uses_drives:
        raise WrongBoard(f"a {board.name} is flashed over its {kind}: name it with --{kind}")
    if named:
        return list(dict.fromkeys(named))
    found = [one for one in (ports.drives() if uses_drives else ports.ports()) if board.id in one.boards]
    if every and found:
        return [one[0] for one in found]
    return [ports.only(found, kind, board.name)[0]]


def _try(board, place, content, erase, dry_run, bars):
    """(what the chip calls itself, None or the error) of one board."""
    progress = _progress(bars, place)
    try:
        with ports.held(place):
            if board.flash["method"] == "uf2":
                if erase:
                    raise WrongBoard(f"{place}: a drive erases only what it writes; --erase is for boards with a port")
                named = uf2.info(place)
                if not dry_run:
                    uf2.copy(content, place, board, progress)
                return named, None
            chip = esp.identify(place)
            esp.check(place, chip, board)
            if not dry_run:
                esp.write(place, board, content, progress, erase)
            return f"{chip.name} {chip.mac}", None
    except FlasherError as error:
        return None, error


def _bars(silent):
    if silent:
        return nullcontext()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _progress(bars, place):
    """What is told how far a board is: a bar with bytes and time left, or nothing where nobody looks."""
    if bars is None:
        return lambda done, total: None
    task = bars.add_task(place, total=None)
    return lambda done, total: bars.update(task, completed=done, total=total)


COMMANDS = (list_boards, flash, image, merge_image)
