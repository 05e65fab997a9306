"""What a terminal says of itself, and the two moments its slots hear of: "it works", and "this restart is meant".

Loaded when it is needed and forgotten again: memory is for readings.
"""

import gc

import machine

from firmware.terminal import VERSION, slots


def confirm():
    """The running image has measured, was proved and acknowledged: it stays. Without slots there is nothing to do."""
    before = slots.read()
    after = slots.confirm(before, [int(part) for part in VERSION.split(".")])
    if "lost" not in before and after != before:
        slots.write(after)
        print("confirmed", VERSION)


def restart(outbox):
    """Start again because it was asked for: what is in memory goes to the flash first."""
    print("restart asked for")
    outbox.save()
    state = slots.read()
    if "lost" not in state:
        slots.write(slots.planned(state))
    machine.reset()


def board():
    """Which folder of boards/ this is, as the cable wrote it, or None."""
    try:
        with open("board") as file:
            return file.read().strip()
    except OSError:
        return None


def status(boot_no, uptime_ms, outbox, refused):
    """{name: value} of everything a gateway may ask for."""
    state = slots.read()
    return {
        "version": VERSION,
        "board": board(),
        "slot": None if "lost" in state else state["trial"] or state["active"],
        "trial": bool(state["trial"]),
        "boot_no": boot_no,
        "uptime_s": uptime_ms // 1000,
        "reset_cause": machine.reset_cause(),
        "heap_free": gc.mem_free(),
        "outbox": outbox.depth(),
        "refused": refused,
    }
