"""`python -m flasher setup`: all of it in order; it asks only what it cannot find out."""

from pathlib import Path

import click

from flasher import images, label, plugged, ports, provision, steps
from flasher.errors import NoBoard
from flasher.journal import Journal
from flasher.order import FILE, Order, order_options
from flasher.plugged import Place
from flasher.repl import Repl
from flasher.screen import Bars, tell_all
from flasher.several import raise_first, side_by_side
from flasher.technician import dry_run_option, journal_option, json_option, wait_option, words_of

ID = "Id of the terminal on {port}"


@click.command("setup")
@click.argument("terminal_ids", nargs=-1)
@click.option("--port", "names", multiple=True, help="Repeatable. Without it: the only one that fits.")
@click.option("--all", "every", is_flag=True, help="Every board of this kind that is plugged in, all at once.")
@order_options
@click.option("--label", "label_file", default="labels.pdf", show_default=True, type=FILE)
@click.option("--size", default="50x25", show_default=True, type=click.Choice(list(label.SIZES)))
@wait_option
@journal_option
@dry_run_option
@json_option
def setup(terminal_ids, names, every, label_file, size, wait_s, journal_file, dry_run, as_json, **options):
    """All of it in order: base image, provision, register, self-test, label; for one board or several."""
    order, journal = Order(**options), Journal(journal_file)
    with Bars(as_json) as bars:
        places = plugged.places(order.board, names, every=every)
        if terminal_ids and len(terminal_ids) != len(places):
            raise click.UsageError(f"{len(places)} boards, {len(terminal_ids)} ids; name one id for each board")
        if len(places) > 1 and options["handover_file"]:
            raise click.UsageError("one --handover file holds one terminal; leave it out: each gets ID.handover")
        if not dry_run:
            places = _with_port(places, order, journal, bars)
    ids = terminal_ids or [click.prompt(ID.format(port=place.name), err=True) for place in places]
    pairs, before = list(zip(places, ids, strict=True)), {port.name for port in ports.ports()}
    with Bars(as_json) as bars:

        def work(one):
            place, terminal_id = one
            if dry_run:
                return _would(place, terminal_id, order)
            return _make(place, terminal_id, order, journal, before, wait_s, bars.of(place.name))

        done = side_by_side(work, pairs, bars)
    results = [_result(*pair, *one) for pair, one in zip(pairs, done, strict=True)]
    good = [one["terminal_id"] for one in results if one["result"] == "done"]
    if good:
        Path(label_file).write_bytes(label.pdf([(one, "") for one in good], size))
    tell_all(results, as_json)
    raise_first([error for _said, error in done])


def _result(place, terminal_id, said, error):
    ended = said or {"result": str(error), "status": error.status}
    return {"port": place.name, "terminal_id": terminal_id, **ended}


def _with_port(places, order, journal, bars):
    """The Places once every Pico that showed a drive came back on a port with its base image. Raises FlasherError."""
    drives = [place for place in places if place.is_drive]
    if not drives:
        return places
    before = {port.name for port in ports.ports()}
    found = [plugged.look(place, order.board) for place in drives]

    def work(one):
        place, there = one
        base, content = images.newest(there.board)
        return steps.put_base(place, there, base.version, content, journal, bars.of(place.name))

    raise_first([error for _said, error in side_by_side(work, list(zip(drives, found, strict=True)), bars)])
    names = plugged.arrived(before, found[0].board, len(drives))
    if len(names) < len(drives):
        raise NoBoard(
            f"{len(drives) - len(names)} of {len(drives)} boards did not come back with MicroPython; "
            "unplug it, plug it in, run it again"
        )
    back = [Place(name, False, tuple(there.board for there in found)) for name in names]
    return [place for place in places if not place.is_drive] + back


def _make(place, terminal_id, order, journal, before, wait_s, told):
    """What is told of one board that became a terminal. Raises FlasherError."""
    found, port = plugged.look(place, order.board), place.name
    if found.micropython is None:
        base, content = images.newest(found.board)
        steps.put_base(place, found, base.version, content, journal, told, terminal_id=terminal_id)
        port = plugged.back(port, found.board, before)
    done = steps.furnish(port, terminal_id, found.board, order, journal, told)
    steps.register(done, order, journal)
    verdict = steps.prove(port, journal, wait_s, told, terminal_id)
    steps.register(done, order, journal)  # once more: the self-test's line goes along
    return {**words_of(verdict), "result": "done"}


def _would(place, terminal_id, order):
    """What would come of a board; nothing is written."""
    found = plugged.look(place, order.board)
    identity = order.identity(terminal_id, found.board)
    if found.micropython is None:
        base, _content = images.newest(found.board)
        return {"board": found.board.id, "result": f"would get MicroPython {base.version}, then be made"}
    with ports.held(place.name), Repl(place.name) as repl:
        paths = provision.planned(repl, found.board.id, order.image, order.keys, order.place, identity)
        repl.restart()
    return {"board": found.board.id, "would_send": len(paths), "result": "would be made"}


COMMANDS = (setup,)
