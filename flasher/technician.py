"""The commands of whoever stands before the equipment with a cable: provision, verify, label, doctor."""

import json
import time
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from flasher import doctor as bundle
from flasher import handover, label, provision, site, verify
from flasher import ports as machine
from flasher.board import boards
from flasher.errors import FlasherError
from flasher.journal import Journal
from flasher.repl import Repl

FILE = click.Path(dir_okay=False, path_type=Path)
OUT = Console()
ERR = Console(stderr=True)
_port = click.option("--port", required=True, help="The board's serial port; `python -m flasher list` names them.")
json_option = click.option("--json", "as_json", is_flag=True, help="One line of JSON instead of words.")
journal_option = click.option(
    "--journal", "journal_file", type=FILE, help="[default: GANTRY_JOURNAL, ~/.gantry/journal.jsonl]"
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
wait_option = click.option(
    "--wait", "wait_s", default=60, show_default=True, help="Seconds to wait for a gateway's proof."
)


def _options(*options):
    def add(command):
        for option in reversed(options):
            command = option(command)
        return command

    return add


terminal_options = _options(
    click.option("--board", required=True, type=click.Choice(list(boards()))),
    click.option("--site", "site_file", required=True, type=FILE, help="What is the same for all terminals here."),
    click.option("--image", type=FILE, help="[default: firmware.image of the site]"),
    click.option("--keys", type=FILE, help="Release keys to trust. [default: firmware.keys of the site]"),
    click.option("--kit", default="climate-loop", show_default=True, type=click.Choice(list(site.KITS))),
    click.option("--full-scale-a", type=float, help="Of the clamp transmitter, A at 20 mA."),
    click.option("--calibration", nargs=4, type=float, help="Of the current: measured true measured true, in A."),
    click.option("--again", is_flag=True, help="Make a terminal of a board that is one already."),
    click.option("--handover-key", type=FILE, help="Of the collector: register by a sealed file, without a network."),
    click.option("--handover", "handover_file", type=FILE, help="Where the sealed file goes. [default: ID.handover]"),
)


class Wanted:
    """What the options of a terminal come to: site, image, keys, sensors. Raises FlasherError."""

    def __init__(
        self, board, site_file, image, keys, kit, full_scale_a, calibration, again, handover_key, handover_file
    ):
        self.board, self.place, self.again = board, site.read_site(site_file), again
        changed = {} if full_scale_a is None else {"full_scale_a": full_scale_a}
        points = (calibration[:2], calibration[2:]) if calibration else None
        self.sensors = site.sensors_of(kit, changed, points)
        self.image = _bytes(image or (self.place.firmware or {}).get("image"), "--image")
        self.keys = _bytes(keys or (self.place.firmware or {}).get("keys"), "--keys")
        self.handover_key, self.handover_file = handover_key, handover_file
        if handover_key is None and self.place.collector is None:
            raise FlasherError(f"{site_file} names no [collector]; add it, or give --handover-key")

    def identity(self, terminal_id):
        """A fresh identity for this id."""
        now_ms = time.time_ns() // 1_000_000
        return provision.new_identity(terminal_id, self.board, self.place, self.sensors, now_ms)


def _bytes(file, option):
    if file is None:
        raise FlasherError(f"neither {option} nor the site says which file")
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise FlasherError(f"{file} cannot be read: {error.strerror}") from error


@contextmanager
def noted(journal, action, **what):
    """The action in the journal, however it ends; the block adds to the dict it gets."""
    try:
        yield what
    except FlasherError as error:
        journal.add(action, "failed", error=str(error), **what)
        raise
    journal.add(action, "done", **what)


@contextmanager
def progress_bar(words, quiet):
    """A function for files.put that draws bytes and the time left, on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, disable=quiet or not ERR.is_terminal) as bar:
        task = bar.add_task(words, total=None)

        def heard(path, size, total):
            bar.update(task, advance=size, total=total, description=path)

        yield heard


def furnish_board(port, terminal_id, wanted, journal, quiet):
    """Bring application and identity onto the board on a port, and register it; the identity without secrets."""
    with noted(journal, "provision", port=port, board=wanted.board, terminal_id=terminal_id) as what:
        with machine.held(port), Repl(port) as repl, progress_bar(terminal_id, quiet) as heard:
            done = provision.provision(
                repl,
                wanted.board,
                wanted.image,
                wanted.keys,
                wanted.place,
                wanted.identity(terminal_id),
                wanted.again,
                heard,
            )
        what["hashes"] = verify.fingerprint(done.hashes)
        what["version"] = done.version
    _register(done, wanted, journal)
    return {
        "terminal_id": terminal_id,
        "board": wanted.board,
        "port": port,
        "version": done.version,
        "sent": len(done.sent),
    }


def _register(done, wanted, journal):
    """By the network, or into a sealed file; the journal's lines of this terminal go along."""
    terminal_id, gateway_id = done.identity["terminal_id"], wanted.place.gateways[0]["gateway_id"]
    told = handover.registration(done.identity, wanted.board, done.version, gateway_id, journal.lines(terminal_id))
    if wanted.handover_key is not None:
        file = wanted.handover_file or Path(f"{terminal_id}.handover")
        with noted(journal, "handover", terminal_id=terminal_id):
            file.write_bytes(
                handover.sealed(told, _bytes(wanted.handover_key, "--handover-key").decode(errors="replace"))
            )
        return
    with noted(journal, "register", terminal_id=terminal_id):
        handover.register(told, wanted.place.collector, site.secret_in(wanted.place.collector["token_file"]))


def prove_board(port, journal, wait_s):
    """The Verdict on the board on a port."""
    with noted(journal, "verify", port=port) as what, machine.held(port), Repl(port) as repl:
        verdict = verify.verify(repl, wait_s)
        what.update(terminal_id=verdict.terminal_id, board=verdict.board, version=verdict.version)
    return verdict


def tell(said, as_json):
    """Say it: JSON, or a name and a value per line."""
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    table = Table(show_header=False, box=None)
    for name, value in said.items():
        table.add_row(name.replace("_", " "), _words(value))
    OUT.print(table)


def _words(value):
    """A value as a person reads it; sensors one per line."""
    if not isinstance(value, dict):
        return "-" if value is None else str(value)
    return "\n".join(f"{kind}: {_values(values)}" for kind, values in value.items())


def _values(values):
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items() if value is not None) or "nothing yet"


def words_of(verdict):
    """A Verdict as it is told: names and values."""
    return {**verdict._asdict(), "gateway": verdict.gateway or "not reachable from here"}


@click.command("provision")
@click.argument("terminal_id")
@_port
@terminal_options
@journal_option
@dry_run_option
@json_option
def provision_board(terminal_id, port, journal_file, dry_run, as_json, **options):
    """Bring application and identity onto a board, once, and register it with the collector."""
    wanted = Wanted(**options)
    if dry_run:
        with machine.held(port), Repl(port) as repl:
            args = (repl, wanted.board, wanted.image, wanted.keys, wanted.place, wanted.identity(terminal_id))
            tell({"terminal_id": terminal_id, "port": port, "would_send": len(provision.planned(*args))}, as_json)
        return
    tell(furnish_board(port, terminal_id, wanted, Journal(journal_file), as_json), as_json)


@click.command("verify")
@_port
@wait_option
@journal_option
@json_option
def verify_board(port, wait_s, journal_file, as_json):
    """Prove a terminal at any time: its files, its sensors, its gateway. It starts again for that."""
    tell(words_of(prove_board(port, Journal(journal_file), wait_s)), as_json)


@click.command("update")
@_port
@click.option("--image", required=True, type=FILE, help="A signed image, as `build` makes it.")
@click.option("--keys", required=True, type=FILE, help="Release keys to trust.")
@journal_option
@json_option
def update_board(port, image, keys, journal_file, as_json):
    """Bring another application onto a terminal over the cable; who it is stays."""
    whole, trusted = _bytes(image, "--image"), _bytes(keys, "--keys")
    bar, note = progress_bar(port, as_json), noted(Journal(journal_file), "update", port=port)
    with note as what, machine.held(port), Repl(port) as repl, bar as heard:
        what["version"], sent = provision.update(repl, whole, trusted, heard)
        repl.restart()
    tell({"port": port, "version": what["version"], "sent": len(sent)}, as_json)


@click.command("label")
@click.argument("terminal_ids", nargs=-1, required=True)
@click.option("--size", default="50x25", show_default=True, type=click.Choice(list(label.SIZES)), help="Of a PDF.")
@click.option("--under", default="", help="A line below the id, such as the hospital's name.")
@click.option("--out", required=True, type=FILE, help="A .pdf, or for one terminal a .png of the code.")
def make_label(terminal_ids, size, under, out):
    """Make labels with id, check digits and QR code."""
    if out.suffix == ".png" and len(terminal_ids) == 1:
        out.write_bytes(label.png(terminal_ids[0]))
    elif out.suffix == ".pdf":
        out.write_bytes(label.pdf([(one, under) for one in terminal_ids], size))
    else:
        raise FlasherError(f"{out} is neither a .pdf nor, for one terminal, a .png; name such a file")


@click.command("doctor")
@click.option("--out", required=True, type=FILE, help="A .zip for whoever helps.")
@journal_option
def doctor(out, journal_file):
    """Bundle journal, versions and ports for support. No secret is in it."""
    out.write_bytes(bundle.bundled(Journal(journal_file)))
    click.echo(f"{out}: journal, versions, ports; look into it before you send it")


COMMANDS = (provision_board, verify_board, update_board, make_label, doctor)
