"""A process's clock of the day, to be moved by hours while it runs; its clock that nobody sets goes on as it is."""

from pathlib import Path

from tests.needs import require_program


class Clock:
    """`env` is what a process needs to be given; `jump` moves what it reads from then on."""

    def __init__(self, folder):
        require_program("faketime", "faketime")
        self._file = Path(folder) / "clock"
        self.jump(0)
        self.env = {
            "LD_PRELOAD": str(next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, seconds):
        """From now on it is so far from the right time."""
        self._file.write_text(f"{seconds:+d}")
