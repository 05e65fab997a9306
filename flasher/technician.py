"""The commands of whoever stands before the equipment with a cable: provision, verify, update, label, doctor."""

from functools import partial

import click

from flasher import doctor as bundle
from flasher import label, plugged, ports, provision, steps
from flasher.board import boards
from flasher.errors import FlasherError
from flasher.journal import Journal
from flasher.order import FILE, Order, content_of, order_options
from flasher.repl import Repl
from flasher.screen import Bars, tell, tell_all
from flasher.several import raise_first, side_by_side

_names = click.option("--port", "names", multiple=True, help="Repeatable. Without it: the only board that is there.")
_every = click.option("--all", "every", is_flag=True, help="Every board that is plugged in, all at once.")
json_option = click.option("--json", "as_json", is_flag=True, help="One line of JSON instead of words.")
journal_option = click.option(
    "--journal", "journal_file", type=FILE, help="[default: GANTRY_JOURNAL, ~/.gantry/journal.jsonl]"
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
wait_option = click.option(
    "--wait", "wait_s", default=60, show_default=True, help="Seconds to wait for a gateway's proof."
)


def words_of(verdict):
    """A Verdict as it is told: names and values."""
    return {**verdict._asdict(), "gateway": verdict.gateway or "not reachable from here"}


def _each_port(work, names, every, as_json):
    """Do work(port, told) at each port that was named, or found, and say what came of each."""
    places = plugged.places(None, names, every=every, bare=False)
    with Bars(as_json) as bars:
        done = side_by_side(lambda place: work(place.name, bars.of(place.name)), places, bars)
    if len(places) > 1:
        ends = [said or {"result": str(error), "status": error.status} for said, error in done]
        tell_all([{"port": place.name, **said} for place, said in zip(places, ends, strict=True)], as_json)
    elif done[0][1] is None:
        tell(done[0][0], as_json)
    raise_first([error for _said, error in done])


@click.command("provision")
@click.argument("terminal_id")
@click.option("--port", help="The board's serial port. Without it: the only one that fits.")
@order_options
@journal_option
@dry_run_option
@json_option
def provision_board(terminal_id, port, journal_file, dry_run, as_json, **options):
    """Bring application and identity onto a board, once, and register it with the collector."""
    order, journal = Order(**options), Journal(journal_file)
    (place,) = plugged.places(order.board, [port] if port else (), bare=False)
    port = place.name
    if dry_run:
        with ports.held(port), Repl(port) as repl:
            board = plugged.confirm(repl, order.board)
            args = (board.id, order.image, order.keys, order.place, order.identity(terminal_id, board))
            paths = provision.planned(repl, *args)
            repl.restart()
        tell({"terminal_id": terminal_id, "port": port, "would_send": len(paths)}, as_json)
        return
    with Bars(as_json) as bars:
        done = steps.furnish(port, terminal_id, order.board, order, journal, bars.of(port))
    steps.register(done, order, journal)
    said = {"terminal_id": terminal_id, "board": done.board, "port": port, "version": done.version}
    tell({**said, "sent": len(done.sent)}, as_json)


@click.command("verify")
@_names
@_every
@click.option("--label", "scanned", help="What its label's code says (gantry:ID:digits), or its two digits alone.")
@wait_option
@journal_option
@json_option
def verify_board(names, every, scanned, wait_s, journal_file, as_json):
    """Prove a terminal at any time: its files, its sensors, its gateway. It starts again for that."""
    journal = Journal(journal_file)

    def work(port, told):
        verdict = steps.prove(port, journal, wait_s, told)
        if scanned:
            label.check(scanned, verdict.terminal_id)
        return words_of(verdict)

    _each_port(work, names, every, as_json)


@click.command("update")
@_names
@_every
@click.option("--image", required=True, type=FILE, help="A signed image, as `build` makes it.")
@click.option("--keys", required=True, type=FILE, help="Release keys to trust.")
@journal_option
@dry_run_option
@json_option
def update_board(names, every, image, keys, journal_file, dry_run, as_json):
    """Bring another application onto a terminal over the cable; who it is stays."""
    whole, trusted = content_of(image, "--image"), content_of(keys, "--keys")
    _each_port(partial(_update, whole, trusted, Journal(journal_file), dry_run), names, every, as_json)


def _update(whole, trusted, journal, dry_run, port, told):
    if dry_run:
        with ports.held(port), Repl(port) as repl:
            version, paths = provision.update(repl, whole, trusted, dry_run=True)
            repl.restart()
        return {"port": port, "version": version, "would_send": len(paths)}
    with steps.noted(journal, "update", port=port) as what, ports.held(port), Repl(port) as repl:
        what["version"], sent = provision.update(repl, whole, trusted, told)
        repl.restart()
    return {"port": port, "version": what["version"], "sent": len(sent)}


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
@click.option("--out", type=FILE, help="Also bundle journal, versions and ports in a .zip for whoever helps.")
@journal_option
def doctor(out, journal_file):
    """Say what stands between this machine and its boards, and what to do. No secret is in it or in its bundle."""
    for line in bundle.findings(boards().values()):
        click.echo(line)
    if out:
        out.write_bytes(bundle.bundled(Journal(journal_file)))
        click.echo(f"{out}: journal, versions, ports; look into it before you send it")


COMMANDS = (provision_board, verify_board, update_board, make_label, doctor)
