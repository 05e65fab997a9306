"""The commands for boards on the bench and their base images: list, flash, image."""

import json
import os
from pathlib import Path

import click

from flasher import furnish, images, merge, plugged, ports, steps
from flasher.board import boards
from flasher.errors import NoBoard
from flasher.journal import Journal
from flasher.screen import Bars, tell_all
from flasher.several import raise_first, side_by_side
from flasher.technician import dry_run_option, journal_option, json_option

FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
FLASHED = [board.id for board in boards().values() if board.flash]
LOOK_BACK_S = 5  # for a Pico to come back with what was copied; it says no more than that


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
@click.option("--board", type=click.Choice(FLASHED), help="[default: what the board says it is]")
@click.option("--port", "names", multiple=True, help="A serial port; repeatable. Without it: the only one that fits.")
@click.option("--drive", "folders", multiple=True, help="The folder of a Pico's drive; repeatable.")
@click.option("--all", "every", is_flag=True, help="Every board that is there (of --board, if named), all at once.")
@click.option("--erase", is_flag=True, help="Erase the whole flash first: identity and unsent readings go too.")
@click.option("--merged", type=FILE, help="A file that `merge` made, instead of the listed base image.")
@journal_option
@dry_run_option
@json_option
def flash(board, names, folders, every, erase, merged, journal_file, dry_run, as_json):
    """Put the newest listed base image of a board onto it; running it again goes on where it stopped."""
    kind, journal = boards().get(board), Journal(journal_file)
    if kind is not None:
        _wanted(kind, merged)  # what is damaged is refused before a port is opened
    places = plugged.places(kind, names, folders, every)
    before = {port.name for port in ports.ports()} - {place.name for place in places}
    with Bars(as_json) as bars:

        def work(place):
            found = plugged.look(place, kind, loader_first=True)
            version, content = _wanted(found.board, merged)
            said = {"board": found.board.id, "chip": found.chip, "version": version}
            if dry_run:
                steps.fitting(place, found, content, merged, erase)
                return {**said, "result": "would be written"}
            if not place.is_drive and found.board.flash["method"] == "uf2":
                place = plugged.as_drive(place, found.board)
            done = steps.put_base(place, found, version, content, journal, bars.of(place.name), merged, erase)
            return {**said, "result": done}

        done = side_by_side(work, places, bars)
    results = [
        {
            "place": place.name,
            **(said or {"board": board, "result": str(error)}),
            "status": error.status if error else 0,
        }
        for place, (said, error) in zip(places, done, strict=True)
    ]
    _look_back([one for one in results if one["result"] == steps.COPIED], before)
    tell_all(results, as_json)
    raise_first([error for _said, error in done])


def _wanted(board, merged):
    """(its version, the bytes to write): the newest listed image, or a merged file of one board."""
    if merged is None:
        base, content = images.newest(board)
        return base.version, content
    content = merged.read_bytes()
    merge.opened(content, board)
    return merged.name, content


def _look_back(copied, before):
    """Say of boards whose image was copied only what is known: whether MicroPython answers on a port since."""
    if not copied:
        return
    names = plugged.arrived(before, boards()[copied[0]["board"]], len(copied), LOOK_BACK_S)
    versions = {plugged.answers(name) for name in names} - {None} if len(names) == len(copied) else set()
    for one in copied:
        one["result"] += (
            f"; MicroPython {' and '.join(sorted(versions))} answers" if versions else "; checked at the next step"
        )


COMMANDS = (list_boards, flash, image, merge_image)
