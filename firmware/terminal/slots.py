"""Two places for an image, a and b, and a third, `safe`, that only the cable writes: which one starts, and why.

Each is one file, the signed image as it came. The state is one small file beside them, always replaced whole: after a
power cut it is the old one or the new one.
"""

import json
import os

STATE = "slots.json"
PINS = (
    "pins.json"  # of the board: {"led": ..., "safe_pin": ..., "boot": version of the boot part}, as the cable wrote it
)
SLOTS = ("a", "b")
SAFE = "safe"
TRIES = 3  # starts an unconfirmed image gets; crashes in a row a confirmed one gets

FIRST = {"active": "a", "trial": None, "tries": 0, "crashes": 0, "bad": ["b"], "floor": [0, 0, 0]}  # b is empty yet


def other(slot):
    """The slot an update is written to while `slot` runs."""
    return "b" if slot == "a" else "a"


def file_of(slot):
    """The file that is a slot."""
    return slot + ".img"


def read(folder=""):
    """The state. A missing or damaged file gives the state of a board fresh from the flasher, with `lost` set."""
    try:
        with open(folder + STATE) as file:
            state = json.load(file)
        if state["active"] in SLOTS and state["trial"] in (None, "a", "b") and len(state["floor"]) == 3:
            return state
    except (OSError, ValueError, KeyError, TypeError):
        pass  # told to whoever asks, by "lost" below
    fresh = dict(FIRST)
    fresh["bad"], fresh["floor"], fresh["lost"] = [], [0, 0, 0], True
    return fresh


def write(state, folder=""):
    """Keep the state, as a whole."""
    with open(folder + STATE + ".new", "w") as file:
        json.dump(state, file)
    os.rename(folder + STATE + ".new", folder + STATE)


def pins(folder=""):
    """What a board without an identity knows of itself: {} where the cable wrote nothing, or it was damaged."""
    try:
        with open(folder + PINS) as file:
            return json.load(file)
    except OSError:  # written before there was such a file
        return {}
    except ValueError as error:
        print(PINS, "is damaged:", error)
        return {}


def start(state, by_hand=False):
    """(slot to start now, the state to keep before starting it). A trial that never confirmed itself is given up.

    `by_hand`: someone holds the button for safe mode. A trial that made them do so is given up too.
    """
    state = dict(state)
    if state["trial"]:
        if state["tries"] < TRIES and not by_hand:
            state["tries"] += 1
            return state["trial"], state
        state["bad"] = [state["trial"]]
        state["trial"], state["tries"] = None, 0
    if by_hand:
        return SAFE, state
    if state["crashes"] < TRIES:
        return state["active"], state
    spare = other(state["active"])
    if spare in state["bad"]:
        return SAFE, state
    state["active"], state["crashes"], state["bad"] = spare, 0, [state["active"]]
    return spare, state


def crashed(state):
    """The state after the active program ended by an error or the watchdog; a trial is counted by its starts."""
    state = dict(state)
    if not state["trial"]:
        state["crashes"] += 1
    return state


def note_crash():
    """Count a crash, and say that the restart which follows is meant."""
    try:
        write(planned(crashed(read())))
    except OSError as error:  # a full flash: it starts again all the same
        print(STATE, "cannot be kept:", error)


def confirm(state, version):
    """The state after the running image measured, was proved and acknowledged. Only here the version floor rises."""
    state = dict(state)
    if state["trial"]:
        state["active"], state["trial"], state["tries"], state["bad"] = state["trial"], None, 0, []
    state["crashes"], state["floor"] = 0, list(max(tuple(version), tuple(state["floor"])))
    return state


def planned(state):
    """The state that says that the next restart is meant: some boards call every restart a watchdog's."""
    state = dict(state)
    state["planned"] = True
    return state


def spoiled(state, slot):
    """The state while an image comes into `slot`: nothing that could start is in it."""
    state = dict(state)
    state["bad"] = [one for one in state["bad"] if one != slot] + [slot]
    return state


def try_next(state, slot):
    """The state that lets `slot` start as a trial at the next start."""
    state = dict(state)
    state["trial"], state["tries"] = slot, 0
    state["bad"] = [one for one in state["bad"] if one != slot]
    return state
