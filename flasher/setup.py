"""`python -m flasher setup`: all of it in order; it asks only what it cannot find out."""

import time
from pathlib import Path

import click
from rich.table import Table

from flasher import esp, images, label, ports, provision, uf2
from flasher.board import boards
from flasher.errors import BoardRefused, FlasherError, NoBoard
from flasher.journal import Journal
from flasher.repl import Repl
from flasher.technician import (
    FILE,
    OUT,
    Wanted,
    dry_run_option,
    furnish_board,
    journal_option,
    json_option,
    noted,
    progress_bar,
    prove_board,
    tell,
    terminal_options,
    wait_option,
    words_of,
)

LOOK_S = 4  # for a program that lets the cable in; a bare ESP32 never does
BACK_S = 20  # for a board to come back with MicroPython
ID = "Id of the terminal on {port}"


@click.command("setup")
@click.argument("terminal_ids", nargs=-1)
@click.option("--port", "names", multiple=True, help="Repeatable. Without it: the only one that fits.")
@click.option("--all", "every", is_flag=True, help="Every board of this kind that is plugged in.")
@terminal_options
@click.option("--label", "label_file", default="labels.pdf", show_default=True, type=FILE)
@click.option("--size", default="50x25", show_default=True, type=click.Choice(list(label.SIZES)))
@wait_option
@journal_option
@dry_run_option
@json_option
def setup(terminal_ids, names, every, label_file, size, wait_s, journal_file, dry_run, as_json, **options):
    """All of it in order: base image, provision, register, self-test, label; for one board or several."""
    wanted, journal = Wanted(**options), Journal(journal_file)
    kind = boards()[wanted.board]
    names = list(names) or _places(kind, every, journal, dry_run, as_json)
    terminal_ids = terminal_ids or [click.prompt(ID.format(port=name), err=True) for name in names]
    if len(terminal_ids) != len(names):
        raise click.UsageError(f"{len(names)} boards and {len(terminal_ids)} ids; name one id for each board")
    results, first = [], None
    for name, terminal_id in zip(names, terminal_ids, strict=True):
        result, error = _try(kind, name, terminal_id, wanted, journal, wait_s, dry_run, as_json)
        results.append({"port": name, "terminal_id": terminal_id, **result})
        first = first or error
    good = [one["terminal_id"] for one in results if one["result"] == "done"]
    if good:
        Path(label_file).write_bytes(label.pdf([(one, "") for one in good], size))
    _tell_all(results, as_json)
    if first is not None:
        raise first


def _try(kind, name, terminal_id, wanted, journal, wait_s, dry_run, as_json):
    """(what is told of one board, None or the error)."""
    try:
        if dry_run:
            with ports.held(name), Repl(name) as repl:
                args = (repl, wanted.board, wanted.image, wanted.keys, wanted.place, wanted.identity(terminal_id))
                return {"would_send": len(provision.planned(*args)), "result": "would be made"}, None
        _base(kind, name, journal, as_json)
        furnish_board(name, terminal_id, wanted, journal, as_json)
        return {**words_of(prove_board(name, journal, wait_s)), "result": "done"}, None
    except FlasherError as error:
        return {"result": str(error), "status": error.status}, error


def _places(kind, every, journal, dry_run, as_json):
    """The ports where boards of this kind are; a bare Pico's drive gets its base image first. Raises NoBoard."""
    found = _ports(kind)
    drives = [drive for drive in ports.drives() if kind.id in drive.boards]
    if drives and not dry_run:
        for drive in drives if every else [ports.only(drives, "drive", kind.name)]:
            base, content = images.newest(kind)
            what = {"port": drive.folder, "board": kind.id, "chip": drive.info, "version": base.version}
            bar = progress_bar(drive.folder, as_json)
            with noted(journal, "flash", **what), ports.held(drive.folder), bar as heard:
                uf2.copy(content, drive.folder, kind, _steps(heard, drive.folder))
        deadline = time.monotonic() + BACK_S
        while len(_ports(kind)) < len(found) + (len(drives) if every else 1):
            if time.monotonic() > deadline:
                raise NoBoard(
                    f"the {kind.name} did not come back with MicroPython; unplug it, plug it in, run it again"
                )
            time.sleep(0.2)
        found = _ports(kind)
    return [port.name for port in found] if every and found else [ports.only(found, "port", kind.name).name]


def _ports(kind):
    return [port for port in ports.ports() if kind.id in port.boards]


def _base(kind, name, journal, as_json):
    """MicroPython onto an ESP32 that does not answer as one; which button to press is said by esp.py."""
    if kind.flash is None or kind.flash["method"] != "esptool":
        return
    try:
        with ports.held(name), Repl(name, LOOK_S):
            return
    except BoardRefused:
        base, content = images.newest(kind)
    with noted(journal, "flash", port=name, board=kind.id, version=base.version) as what, ports.held(name):
        chip = esp.identify(name)
        what["chip"] = chip.name
        esp.check(name, chip, kind)
        with progress_bar(name, as_json) as heard:
            esp.write(name, kind, content, _steps(heard, name))


def _steps(heard, name):
    """What is told (done, total) as what is told (path, size of the step, total)."""
    before = [0]

    def told(done, total):
        heard(name, done - before[0], total)
        before[0] = done

    return told


def _tell_all(results, as_json):
    if as_json or len(results) == 1:
        for one in results:
            tell(one, as_json)
        return
    columns = ("port", "terminal_id", "version", "gateway", "result")
    table = Table(*(name.replace("_", " ") for name in columns))
    for one in results:
        table.add_row(*(str(one.get(name) or "-") for name in columns))
    OUT.print(table)


COMMANDS = (setup,)
