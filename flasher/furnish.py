"""What stands on a board's flash when the flasher is done with it, said once: the path and bytes of every file.

Slot a and `safe` are the same proved image, a file each; the boot part stands beside them and main.py hands over to it.
"""

import ast
import hashlib
import json
import threading

from firmware.protocol import image
from flasher import build
from flasher.errors import ImageRefused, WrongBoard

BOOT_VERSION = 1  # of the boot part; an image says by build.MIN_BOOT which it needs
_ONE_AT_A_TIME = threading.Lock()
START = b"""from firmware.terminal import boot

boot.main()
"""


def prove(whole, keys, board):
    """Raise ImageRefused unless a signed image is whole and right, WrongBoard when it is for another board.

    `keys`: the key list the board will trust, as bytes of keys.bin.
    """
    try:
        manifest, at = image.unpack_manifest(whole)
        signatures, begin = image.unpack_signatures(whole, at)
        trusted = image.unpack_keys(keys)[0].keys
    except image.ImageError as error:
        raise ImageRefused(f"the image or its key list is damaged ({error}); build it or fetch it anew") from error
    if not image.signed_by(whole[:at], signatures, trusted):
        raise ImageRefused("the image is signed by none of the keys the board will trust; take the right keys.bin")
    if manifest.board != board:
        raise WrongBoard(f"the image is for {manifest.board}, the board is {board}; build one for it")
    at = begin
    for file in manifest.files:
        if hashlib.sha256(whole[at : at + file.size]).digest() != file.sha256:
            raise ImageRefused(f"{file.path} in the image is damaged; build it or fetch it anew")
        at += file.size
    if at != len(whole):
        raise ImageRefused(f"the image has {len(whole)} bytes, its list says {at}; build it or fetch it anew")


def furnished(board, whole, keys, own):
    """{path: bytes} of all that stands on a board of this id before its first start.

    `whole`: a signed image; `keys`: the key list; `own`: {path: bytes} of what is this terminal's alone (identity.json,
    ca.der), {} for a board that is provisioned later. Raises ImageRefused, WrongBoard, BuildError.
    """
    prove(whole, keys, board)
    state, boot_part = _of_this_tree()
    return {
        "main.py": START,
        "board": board.encode(),
        "pins.json": json.dumps({**pins_at_start(board), "boot": BOOT_VERSION}).encode(),
        "keys.bin": keys,
        "slots.json": json.dumps(state).encode(),
        **boot_part,
        "a.img": whole,
        "safe.img": whole,
        **own,
    }


def _of_this_tree():
    """(state of the slots at first, {path: bytes} of the boot part), made by one thread at a time.

    CPython 3.11 counts the depth of syntax trees for all threads together, and gives up when they meet.
    """
    with _ONE_AT_A_TIME:
        return first_state(), build.boot_part()


def pins_at_start(board):
    """The pins a board uses before it reads an identity: its LED and the button for safe mode, or None."""
    said = json.loads((build.ROOT / "boards" / board / "board.json").read_text(encoding="utf-8"))
    return {name: said[name] for name in ("led", "safe_pin")}


def first_state():
    """The state of the slots of a board fresh from the flasher, as the boot part's own file says it."""
    module = ast.parse((build.ROOT / build.SLOT_STATES).read_text(encoding="utf-8"))
    for node in module.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "FIRST":
            return ast.literal_eval(node.value)
    raise build.BuildError(f"{build.SLOT_STATES} says no FIRST: this tree is not whole")
