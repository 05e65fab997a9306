"""The program onto a board, so that it fits beside a full outbox and a cable pulled at any moment does no harm.

On a bare board nothing starts before its last file. On one that has lived the image goes into the slot that does not
run, straight into its file, as over the air: the one that runs stays whole until the other is proved, and there is
never a third copy to find room for. `safe` follows when the new one is the one that starts.
"""

import hashlib
import json

from flasher import files
from flasher.furnish import first_state

SLOTS, SAFE = "slots.json", "safe.img"
IMAGES = ("a.img", "b.img", SAFE)
FOLDERS = ("firmware",)  # the boot part's: nothing but what is wanted stays there
STATE = f"""
import json
try:
    with open({SLOTS!r}) as file:
        print(json.dumps(json.load(file)))
except (OSError, ValueError):
    print("null")
"""


def state_there(repl):
    """The state of the slots on the board, None on a bare one or where it is damaged."""
    state = repl.value(STATE)
    return state if isinstance(state, dict) and set(first_state()) <= set(state) else None


def rounds(wanted, state, hashes):
    """[{path: bytes}, ...]: what has to be on the board, one after the other.

    `wanted`: what furnished gave, image in slot a; `state`: of the slots, None on a bare board; `hashes`: of the images
    that are there.
    """
    if state is None:
        return [wanted]
    image, active = wanted["a.img"], state["active"]
    beside = {path: content for path, content in wanted.items() if path not in (*IMAGES, SLOTS)}
    spare = "b" if active == "a" else "a"
    quiet = {**state, "trial": None, "tries": 0, "bad": [spare]}
    if hashes.get(f"{active}.img") == hashlib.sha256(image).hexdigest():
        settled = [_file(quiet)] if state["trial"] else []
    else:
        started = {**quiet, "active": spare, "crashes": 0, "bad": []}
        settled = [_file(quiet), {f"{spare}.img": image}, _file(started)]
    return [beside, *settled, {SAFE: image}]


def _file(state):
    return {SLOTS: json.dumps(state).encode()}


def planned(repl, wanted):
    """The paths an install would send, in their order; nothing is written."""
    return [path for each in _rounds_of(repl, wanted) for path in files.differing(repl, each)]


def install(repl, wanted, progress=lambda path, done, total: None):
    """Bring {path: bytes} of a furnished board onto it; the paths that had to be sent.

    `progress(path, done, total)` hears of every piece, in bytes. Raises VerifyFailed, FlashFull and what Repl raises.
    """
    due = _rounds_of(repl, wanted)
    total = sum(len(each[path]) for each in due for path in files.differing(repl, each))
    sent, before = [], 0
    for each in due:
        new = files.put(repl, each, lambda path, done, _of, before=before: progress(path, before + done, total), IMAGES)
        before += sum(len(each[path]) for path in new)
        sent += new
    files.clear(repl, FOLDERS, wanted)
    return sent


def _rounds_of(repl, wanted):
    return rounds(wanted, state_there(repl), files.hashes(repl, IMAGES))
