"""What runs first on a board: chooses a slot, lets the cable in, and comes back when the program does not.

It stands outside the slots with its own copy of what it uses (folder `firmware`) and is written over the cable only. An
image that never confirms itself is left after three starts; one that crashes three times in a row gives way to the
other slot; when both are bad the program in `safe.img` runs, the one the flasher brought.
"""

import sys
import time

import machine
import vfs

SPENT = ("choose", "held", "enter", "main")  # what a program that runs leaves to its own memory
CABLE_MS = 2000  # at power-on, not after a watchdog, Ctrl-C stops here: the flasher always gets in


def choose(by_hand):
    """The slot to start, after the state was kept that goes with it."""
    from firmware.terminal import slots

    before = slots.read()
    bitten = machine.reset_cause() == machine.WDT_RESET and not before.get("planned")
    state = dict(slots.crashed(before) if bitten else before)
    state["planned"] = False
    state.pop("lost", None)  # from now on there is a state
    slot, state = slots.start(state, by_hand)
    if state != before:
        try:
            slots.write(state)
        except OSError as error:  # a full flash: what cannot be counted is not tried
            print(slots.STATE, "cannot be kept:", error)
            return before["active"]
    return slot


def held():
    """Whether someone holds the button for safe mode: it pulls its pin to ground."""
    from firmware.terminal import slots

    pin = slots.pins().get("safe_pin")
    return pin is not None and not machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP).value()


def enter(slot):
    """Mount a slot and let imports look there first. Raises ValueError when its file is no whole image."""
    from firmware.terminal import packed
    from firmware.terminal.slots import file_of

    _forget()
    place = "/" + slot
    vfs.mount(packed.opened(file_of(slot)), place)
    for name in packed.SPENT:
        delattr(packed, name)
    sys.path[:0] = [place, place + "/lib"]


def run(slot):
    """Run the program of a slot until it ends. An error of it is counted, shown, and followed by a restart."""
    own = sys.path[:]
    try:
        enter(slot)
        for name in SPENT:
            globals()[name] = None
        from firmware.terminal import main as program

        program.main()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it was, the board must not stay down
        sys.print_exception(error)
        sys.path[:] = own  # what counts the crash is the boot part's, not the slot's that crashed
        _forget()
        from firmware.terminal import slots

        slots.note_crash()
        machine.reset()


def _forget():
    """Let the next import of a module of ours look for it anew."""
    for name in [name for name in sys.modules if name.startswith("firmware")]:
        del sys.modules[name]


def main():
    """Wait for the cable, choose, run."""
    powered_on = machine.reset_cause() == machine.PWRON_RESET
    if powered_on:
        time.sleep_ms(CABLE_MS)
    slot = choose(powered_on and held())
    print("gantry boot slot", slot)
    run(slot)


if __name__ == "__main__":
    main()
