"""Who may open a board's port on this machine, and what to do where one may not."""

import sys

RULE_FILE = "/etc/udev/rules.d/60-gantry.rules"
LINUX = (
    f"put the rule that `python -m flasher doctor` prints into {RULE_FILE}, run `sudo udevadm control --reload` and "
    "plug the board in anew; or join the group dialout: `sudo usermod -a -G dialout $USER`, then sign in again"
)
ADVICE = {
    "linux": LINUX,
    "darwin": "macOS gives every user its ports: close the program that has it open; an ESP32's bridge may need its "
    "maker's driver (System Settings, Privacy & Security, Allow)",
    "win32": "Windows gives every user its COM ports: close the program that has it open; a bridge that Device Manager "
    "marks with ! needs its maker's driver",
}


def advice(system=sys.platform):
    """What to do on this kind of machine when a port may not be opened."""
    return ADVICE.get(system, LINUX)


def rule(boards):
    """The udev rule that gives the ports of these Boards to whoever sits at the machine."""
    ids = sorted({pair for board in boards for pair in board.usb})
    lines = [
        f'SUBSYSTEM=="tty", ATTRS{{idVendor}}=="{vendor:04x}", ATTRS{{idProduct}}=="{product:04x}", TAG+="uaccess"'
        for vendor, product in ids
    ]
    return "\n".join([f"# {RULE_FILE}", *lines])
