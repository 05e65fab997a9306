"""What a terminal says of itself, and the two moments its slots hear of: "it works", and "this restart is meant".

Loaded when it is needed and forgotten again: memory is for readings.
"""

import gc
import os
import sys

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


def flash():
    """Bytes of the file system we stand on: {"free": ..., "total": ...}."""
    said = os.statvfs(os.getcwd())
    return {"free": said[1] * said[4], "total": said[1] * said[2]}


def waited_h(outbox, now_ms):
    """Hours the oldest reading of the outbox has waited, in tenths; 0 when none waits or no time is known."""
    oldest_ms = outbox.oldest_ms()
    return 0 if oldest_ms is None else max(0, now_ms - oldest_ms) // 360000 / 10


def status(boot_no, made, clock, sampler, outbox, uplink):
    """{name: value} of everything a gateway may ask for."""
    state, uptime_ms = slots.read(), clock.uptime_ms()
    gc.collect()  # so that heap_free can be held against the one before
    return {
        "version": VERSION,
        "board": board(),
        "slot": sys.path[0].strip("/") or None,
        "trial": bool(state["trial"]),
        "boot_no": boot_no,
        "made": made,
        "uptime_s": uptime_ms // 1000,
        "reset_cause": machine.reset_cause(),
        "heap_free": gc.mem_free(),
        "flash": flash(),
        "rssi_dbm": uplink.rssi_dbm(),
        "link_losses": uplink.lost,
        "outbox": dict(outbox.depth(), hours=waited_h(outbox, clock.at(uptime_ms))),
        "sensors": {"failures": sampler.failures, "reinitialised": sampler.reinitialised()},
        "clock": {"drift_ppm": clock.drift_ppm(), "steps": clock.steps},
        "refused": uplink.refused,
    }
