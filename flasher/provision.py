"""A board gets its application and, once, who it is: written, then read back by hash. The secret is made here."""

import hashlib
import json
import re
import secrets
from collections import namedtuple

from firmware.protocol.identity import identity_in, identity_text
from firmware.protocol.image import unpack_manifest
from flasher import files, site
from flasher.errors import FlasherError, ImageRefused, WrongBoard
from flasher.furnish import furnished
from flasher.install import install, state_there
from flasher.install import planned as to_be_sent

SCHEMA = 1
SECRET_BYTES = 32
FIRST_MINUTE_MS = 1_577_836_800_000  # 2020-01-01 UTC
IDENTITY, CA = "identity.json", "ca.der"
OF_ONE_BIRTH = ("secret", "first_boot_no")  # what two identities of the same terminal may differ in
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.IGNORECASE)

Done = namedtuple("Done", ("identity", "board", "version", "sent", "hashes"))
# identity: with the secret, for the registration only; sent: paths; hashes: {path: sha256} of all that is there


class Unprovisioned(FlasherError):
    """The board is nobody yet."""


class Provisioned(FlasherError):
    """The board is somebody already."""


def new_identity(terminal_id, board, place, sensors, now_ms):
    """The identity of a new terminal. `place`: a site.Site. Raises FlasherError for an id that cannot be one."""
    if not ID.fullmatch(terminal_id):
        raise FlasherError(f"{terminal_id!r} cannot be a terminal's id; take 1 to 64 letters, digits, dots, dashes")
    pins, led, sizes = site.pins_of(board)
    found = {
        "schema": SCHEMA,
        "terminal_id": terminal_id,
        "secret": secrets.token_bytes(SECRET_BYTES).hex(),
        "first_boot_no": (now_ms - FIRST_MINUTE_MS) // 60_000,
        "gateways": place.gateways,
        "ca": CA,
        "sensors": sensors,
        "settings": sizes,
        "i2c": pins,
        "led": led,
    }
    return {**found, "wifi": place.wifi} if place.wifi else found


def identity_there(repl):
    """The identity on the board, or None: there is none, or it is damaged and counts for nothing."""
    text = files.read(repl, IDENTITY)
    try:
        return None if text is None else identity_in(text.decode())
    except ValueError:
        return None


def board_there(repl):
    """The id of the board the flash was furnished for, or None."""
    text = files.read(repl, "board")
    return text.decode() if text else None


def provision(repl, board, image, keys, place, identity, again=False, progress=lambda path, done, total: None):
    """Bring application and identity onto the board; what was Done.

    A board that is this terminal already keeps its secret: a second run goes on where the first stopped. Raises
    Provisioned for a board that is another one, or the same with other sensors or roads, unless `again`; WrongBoard.
    """
    was = board_there(repl)
    if was is not None and was != board:
        raise WrongBoard(f"{repl.port} was furnished as {was}, not {board}; take the other board or say --board {was}")
    there = identity_there(repl)
    keep = there is not None and _same(there, identity)
    if there is not None and not keep and not again:
        raise Provisioned(
            f"{repl.port} is the terminal {there['terminal_id']!r} already"
            + (", with other sensors, roads or Wi-Fi" if there["terminal_id"] == identity["terminal_id"] else "")
            + "; take a bare board, or say --again to make it a new one"
        )
    told = there if keep and not again else identity
    wanted = furnished(board, image, keys, {CA: place.ca, IDENTITY: identity_text(told).encode()})
    sent = install(repl, wanted, progress)
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in wanted.items()}
    return Done(told, board, _dotted(unpack_manifest(image)[0].version), sent, hashes)


def update(repl, image, keys, progress=lambda path, done, total: None, dry_run=False):
    """Bring another application onto a terminal; who it is and its version floor stay. (version, sent paths).

    `dry_run`: what would be sent; nothing is written. Raises Unprovisioned for a board that is nobody, ImageRefused for
    a version below the floor.
    """
    board = board_there(repl)
    if board is None or identity_there(repl) is None:
        raise Unprovisioned(f"{repl.port} is no terminal yet; provision it")
    wanted = furnished(board, image, keys, {})
    state, version = state_there(repl), unpack_manifest(image)[0].version
    floor = state["floor"] if state else (0, 0, 0)
    if tuple(version) < tuple(floor):
        raise ImageRefused(
            f"{repl.port} has confirmed {_dotted(floor)}; {_dotted(version)} is older; take a newer image"
        )
    return _dotted(version), to_be_sent(repl, wanted) if dry_run else install(repl, wanted, progress)


def planned(repl, board, image, keys, place, identity):
    """The paths a provision would send, nothing written."""
    there = identity_there(repl)
    told = there if there is not None and _same(there, identity) else identity
    return to_be_sent(repl, furnished(board, image, keys, {CA: place.ca, IDENTITY: identity_text(told).encode()}))


def _same(there, identity):
    plain = json.loads(json.dumps(identity))  # as it comes back from a board: lists for tuples
    return {name: there.get(name) for name in plain if name not in OF_ONE_BIRTH} == {
        name: value for name, value in plain.items() if name not in OF_ONE_BIRTH
    }


def _dotted(version):
    return ".".join(map(str, version))
