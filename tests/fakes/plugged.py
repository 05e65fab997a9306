"""A board on USB as a machine sees it from the bare chip on: first its loader, then MicroPython on a port, and back.

The loaders are tests/fakes/uf2_drive.py and esp_rom.py, MicroPython is real; what changes between them is what the
chip does: a whole UF2 file, a reset after esptool, machine.bootloader(). `seen` is what pyserial would list.
"""

import threading
from collections import namedtuple

from boards.simulated.usb import UsbBoard
from tests.fakes.esp_rom import Cable, Chip
from tests.fakes.uf2_drive import Drive, Pico

Seen = namedtuple("Seen", ("device", "vid", "pid", "serial_number", "description"), defaults=(None, "a board"))
STEP_S = 0.05
CALLED = '''"""os as on a chip: it says which board this is."""

from uos import *


def uname():
    """(sysname, nodename, release, version, machine) as the board's MicroPython says."""
    return "board", "board", {release!r}, "v" + {release!r}, {machine!r}
'''


def call(folder, machine, release="1.28.0"):
    """Let the MicroPython of a simulated board's folder say that it is this machine."""
    (folder / "os.py").write_text(CALLED.format(machine=machine, release=release))


class OnUsb:
    """Use as a context. `folder`: the board's file system; `running`: it has MicroPython already.

    `link`: the name its port keeps; without it the system's own.
    """

    def __init__(self, folder, link=None, running=False):
        self._folder, self._link, self._running, self._end = folder, link, running, threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self.port, self.ready = None, threading.Event()

    def __enter__(self):
        self._thread.start()
        assert self.ready.wait(30)
        return self

    def __exit__(self, *_error):
        self._end.set()
        self._thread.join(30)

    def seen(self):
        """The serial ports that are there now."""
        port = self.port
        return [Seen(str(port), *self.usb)] if port else []

    def _live(self):
        while not self._end.is_set():
            if self._running:
                with UsbBoard(self._folder) as board:
                    self._show(board.port)
                    self._wait(board.loader.is_set)
                    self.port = None
            else:
                self._load()
            self._running = not self._running

    def _show(self, port):
        self.port = self._link or port
        if self.port != port:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(port)
        self.ready.set()

    def _wait(self, over):
        while not over() and not self._end.wait(STEP_S):
            pass


class PicoOnUsb(OnUsb):
    """A Pico; its drive appears at `drive`."""

    usb = (0x2E8A, 0x0005)

    def __init__(self, folder, drive, flash_bytes=1 << 20, running=False, link=None):
        super().__init__(folder, link, running)
        self.pico, self.drive = Pico(flash_bytes), drive

    def mounted(self):
        """The folders where drives are."""
        return [self.drive]

    def _load(self):
        before = self.pico.starts
        with Drive(self.pico, self.drive):
            self.ready.set()
            self._wait(lambda: self.pico.starts > before)


class EspOnUsb(OnUsb):
    """An ESP32 behind a bridge or its own USB chip; its port keeps the name `link`."""

    def __init__(self, folder, link, kind="esp32", flash_mib=4, mac=0x240AC4112233):
        super().__init__(folder, link)
        self.chip = Chip(kind, flash_mib, mac)
        self.usb = (0x10C4, 0xEA60) if kind == "esp32" else (0x303A, 0x1001)

    def _load(self):
        with Cable(self.chip, self._link) as cable:
            self._show(self._link)
            self._wait(lambda: self.chip.writes and cable.closed())
