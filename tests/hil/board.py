"""A terminal on a real board at a serial port, with the words of the simulated one: what the flasher does, it does.

The world around a real board cannot be played, and its power can be cut only where a hub really switches the port: what
needs either is skipped, with the reason.
"""

import json
import subprocess
import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest

from flasher import files, site
from flasher.furnish import furnished
from flasher.repl import Repl
from tests.fakes.slots import OLD, image_of, key_list
from tests.fakes.terminal import SimulatedTerminal

GONE_S = 10
NOT_ON_THE_FLASH = ("simulated.json",)
FOLDERS = ("outbox", "a", "b", "safe")
LEFT_BEHIND = ("settings.json", "commands.json", "secret.json")  # the boot number stays: it never counts back
FORGET = "import os\nfor name in %r:\n    if name in os.listdir():\n        os.remove(name)"

Cable = namedtuple("Cable", ("port", "board", "wifi", "power"))
# board: its folder in boards/. wifi: a JSON file {"ssid", "key"}, or None when it is on the network already.
# power: a command that takes "off" or "on" as its last word, or None. What each is for stands in docs/guide-hil.md.


class BoardTerminal(SimulatedTerminal):
    """The flash of the board is what a test laid into the folder; between tests it is furnished anew."""

    patience, shows_boot = 4, False

    def __init__(self, cable, folder, *given, **identity):
        self._usb, self.board, self._console_over = cable, cable.board, threading.Event()
        pins, led, _sizes = site.pins_of(cable.board)
        wifi = {"wifi": json.loads(Path(cable.wifi).read_text())} if cable.wifi else {}
        self._plays = False
        super().__init__(folder, *given, i2c=pins, led=led, **wifi, **identity)
        self._plays = True
        self._listener = None
        self.furnish()

    def play(self, *asked, **world):
        """Only the first time, before there is a terminal, does this mean nothing."""
        if self._plays:
            pytest.skip("the world around a real board cannot be played")

    def furnish(self):
        """Bring application, keys and identity onto the board, as the flasher does; what a test left there goes."""
        own = {path.name: path.read_bytes() for path in self.folder.iterdir() if path.name not in NOT_ON_THE_FLASH}
        wanted = furnished(self.board, image_of(OLD, board=self.board)[1], key_list(), own)
        with Repl(self._usb.port) as repl:
            files.clear(repl, FOLDERS, wanted)
            repl.run(FORGET % (LEFT_BEHIND,))
            files.put(repl, wanted)

    def start(self):
        """Start it, and listen to what it says."""
        self._console_over.clear()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self):
        with Repl(self._usb.port) as repl:
            console = repl.restart()
            while not self._console_over.is_set():
                for line in console.lines(time.monotonic() + 0.5):
                    with self._changed:
                        self.lines.append(line)
                        self._changed.notify_all()

    def kill(self):
        """Leave it; its program is stopped by whoever comes next."""
        if self._listener is not None:
            self._console_over.set()
            self._listener.join(30)
            self._listener = None

    def restart(self):
        """Cut its power and give it back, where a hub can; a test that needs it is skipped where none can."""
        self.kill()
        switch(self._usb)
        self.start()

    def file(self, name):
        """The bytes of a file on its flash."""
        with Repl(self._usb.port) as repl:
            return files.read(repl, name)


def switch(cable):
    """Cut a board's power and give it back. Skips where no hub is named, or where the hub only says that it does."""
    if cable.power is None:
        pytest.skip("no hub is named that switches the board's power (--power)")
    subprocess.run([*cable.power.split(), "off"], check=True, capture_output=True)
    deadline = time.monotonic() + GONE_S
    while Path(cable.port).exists():
        if time.monotonic() > deadline:
            subprocess.run([*cable.power.split(), "on"], check=True, capture_output=True)
            pytest.skip(f"the hub says off, and {cable.port} is still there: it does not switch this socket")
        time.sleep(0.1)
    subprocess.run([*cable.power.split(), "on"], check=True, capture_output=True)
    while not Path(cable.port).exists():
        assert time.monotonic() < deadline + GONE_S, f"{cable.port} did not come back when the power did"
        time.sleep(0.1)
