"""A Pico in BOOTSEL as a mounted folder: takes the blocks of a file as they come, programs a flash, then vanishes.

The file is a named pipe, so that the drive sees every byte as it is written. As the boot ROM does, it ignores
blocks of a foreign family and restarts when the last block of its own is there. The cable can be pulled after any byte.
"""

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

from flasher import uf2


class Pico:
    """The chip and its flash; `starts` counts how often a whole file made it start."""

    def __init__(self, flash_bytes=1 << 20, family=0xE48BFF56, name="RPI-RP2"):
        self.flash, self.family, self.name, self.starts = bytearray(b"\xff" * flash_bytes), family, name, 0


class Drive:
    """The drive of a Pico, as a context."""

    def __init__(self, pico, folder, cut_after=None):
        self.pico, self.folder, self._cut = pico, Path(folder), cut_after

    def __enter__(self):
        self.folder.mkdir()
        (self.folder / uf2.INFO).write_text(f"UF2 Bootloader v3.0\nModel: Raspberry Pi\nBoard-ID: {self.pico.name}\n")
        self._pipe = self.folder / "FIRMWARE.UF2"
        os.mkfifo(self._pipe)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        with suppress(FileNotFoundError):  # nobody wrote: let the waiting reader go
            os.close(os.open(self._pipe, os.O_RDWR))
        self._thread.join(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _serve(self):
        taken, got, expected = 0, b"", set()
        with open(self._pipe, "rb", buffering=0) as pipe:
            while piece := pipe.read(uf2.BLOCK if self._cut is None else min(uf2.BLOCK, self._cut - taken) or 1):
                if self._cut is not None and taken >= self._cut:
                    break
                taken, got = taken + len(piece), got + piece
                while len(got) >= uf2.BLOCK:
                    block, got = got[: uf2.BLOCK], got[uf2.BLOCK :]
                    if self._program(block, expected):
                        self.pico.starts += 1
                        shutil.rmtree(self.folder)
                        return
        if self._cut is not None:
            shutil.rmtree(self.folder)

    def _program(self, block, written):
        """Program one block; whether all blocks of the file are there."""
        head = uf2.HEAD.unpack_from(block)
        address, size, number, count, family = head[3:8]
        if family != self.pico.family:
            return False
        at = address - uf2.FLASH_AT
        self.pico.flash[at : at + size] = block[uf2.HEAD.size : uf2.HEAD.size + size]
        written.add(number)
        return len(written) == count
