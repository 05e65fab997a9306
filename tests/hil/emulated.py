"""A terminal on an emulated Pico W, with the words of the simulated one; tests/hil/pico.py plays the board."""

import os
import subprocess
from pathlib import Path

from flasher import merge
from flasher.furnish import furnished
from tests.fakes.slots import OLD, image_of, key_list
from tests.fakes.terminal import SimulatedTerminal
from tests.hil.pico import FLASH, GUEST_SEES, MERGED, PICO_W

IMAGE = "GANTRY_PICO_UF2"
LISTEN_ALL = {"ssid": "bench", "key": "any password joins the one network there is"}
ON_THE_HOST = ("simulated.json", MERGED, FLASH)  # files of the folder that are not on the board's flash
OFF_S = 60


class EmulatedTerminal(SimulatedTerminal):
    """It gets what a technician gives a Pico W from a batch: one file with MicroPython, application and identity."""

    board, program = "pico_w", "tests.hil.pico"
    patience = 40  # it computes so much slower than it should; only its sleep is as long as it says
    shows_boot = False  # USB comes up after the boot part has spoken

    def __init__(self, folder, secret, gateways, ca_der, *rest, **identity):
        """As the simulated one; it sees this machine's loopback under another address."""
        seen = [(name, GUEST_SEES, port, server_name) for name, _host, port, server_name in gateways]
        super().__init__(folder, secret, seen, ca_der, *rest, wifi=LISTEN_ALL, **identity)
        self.furnish()

    def furnish(self):
        """Make its one file anew: MicroPython, slot a and safe, keys, identity. What its flash held is gone."""
        own = {path.name: path.read_bytes() for path in self.folder.iterdir() if path.name not in ON_THE_HOST}
        files = furnished(self.board, image_of(OLD, board=self.board)[1], key_list(), own)
        base = Path(os.environ[IMAGE]).read_bytes()
        (self.folder / FLASH).unlink(missing_ok=True)
        (self.folder / MERGED).write_bytes(merge.merged(base, files, PICO_W))

    def file(self, name):
        """The bytes of a file on its flash; it must be switched off."""
        return merge.contents((self.folder / FLASH).read_bytes(), PICO_W.flash["filesystem_prog"])[name]

    def kill(self):
        """Cut its power; what the flash held at that moment stays."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(OFF_S)
            except subprocess.TimeoutExpired:
                super().kill()
                raise
            self._process = None
