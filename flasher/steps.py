"""The steps of making one board a terminal, each with its line in the journal however it ends."""

import hashlib
from contextlib import contextmanager
from functools import partial

from flasher import esp, handover, merge, plugged, ports, provision, site, uf2, verify
from flasher.errors import FlasherError, WrongBoard
from flasher.repl import Repl

COPIED = "copied, the drive vanished as it should"  # all that is known: a drive cannot be read back
LINES_MOST = 1000  # of a terminal's journal that its registration may carry


@contextmanager
def noted(journal, action, **what):
    """The action in the journal, however it ends; the block adds to the dict it gets."""
    try:
        yield what
    except FlasherError as error:
        journal.add(action, "failed", error=str(error), **what)
        raise
    except KeyboardInterrupt:
        journal.add(action, "failed", error="stopped by Ctrl-C", **what)
        raise
    journal.add(action, "done", **what)


def put_base(place, found, base, content, journal, told, merged=False, erase=False, terminal_id=None):
    """Put a base image, or a `merged` one, onto what was Found at a Place; what may be said of it, in words.

    `base`: its version or name. Raises FlasherError.
    """
    what = {"port": place.name, "board": found.board.id, "chip": found.chip, "version": base}
    what |= {"hashes": hashlib.sha256(content).hexdigest(), "terminal_id": terminal_id}
    with noted(journal, "flash", **what), ports.held(place.name):
        fitting(place, found, content, merged, erase)
        if place.is_drive:
            uf2.copy(content, place.name, found.board, partial(told, "base image"))
            return COPIED
        esp.write(place.name, found.board, content, partial(told, "base image"), erase)
        return "written and verified"


def fitting(place, found, content, merged, erase):
    """Refuse what the board Found at a Place cannot take, before anything is written. Raises WrongBoard."""
    board = found.board
    if board.flash["method"] == "uf2":
        uf2.check(content, board)
        if erase:
            raise WrongBoard(f"{place.name}: a Pico's loader erases only what it writes; --erase is for an ESP32")
        return
    if found.flash_bytes < board.flash_bytes:
        raise WrongBoard(f"{place.name}: its flash has {found.flash_bytes} bytes, {board.flash_bytes} are needed")
    if merged:
        merge.check_flash(content, board, found.flash_bytes)


def furnish(port, terminal_id, kind, order, journal, told):
    """Bring application and identity onto the board on a port: what was Done, with the secret. Raises FlasherError."""
    with noted(journal, "provision", port=port, terminal_id=terminal_id) as what:
        with ports.held(port), Repl(port) as repl:
            board = plugged.confirm(repl, kind)
            what["board"] = board.id
            identity = order.identity(terminal_id, board)
            done = provision.provision(
                repl, board.id, order.image, order.keys, order.place, identity, order.again, told
            )
        what["hashes"], what["version"] = verify.fingerprint(done.hashes), done.version
    return done


def register(done, order, journal):
    """Tell the collector of a terminal, by the network or in a sealed file; its lines of the journal go along."""
    identity, gateway_id = done.identity, order.place.gateways[0]["gateway_id"]
    terminal_id, sealed_to = identity["terminal_id"], order.handover(identity["terminal_id"])
    with noted(journal, "handover" if sealed_to else "register", terminal_id=terminal_id):
        lines = journal.lines(terminal_id)[-LINES_MOST:]
        told = handover.registration(identity, done.board, done.version, gateway_id, lines)
        if sealed_to:
            key, file = sealed_to
            file.write_bytes(handover.sealed(told, key))
        else:
            handover.register(told, order.place.collector, site.secret_in(order.place.collector["token_file"]))


def prove(port, journal, wait_s, told, terminal_id=None):
    """The Verdict on the board on a port. Raises FlasherError."""
    with noted(journal, "verify", port=port, terminal_id=terminal_id) as what, ports.held(port), Repl(port) as repl:
        verdict = verify.verify(repl, wait_s, told)
        what.update(terminal_id=verdict.terminal_id, board=verdict.board, version=verdict.version)
    return verdict
