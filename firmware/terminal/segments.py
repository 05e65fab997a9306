"""Records on the flash, in files of one block each: the oldest is lost first, and what was lost is said.

Here is what of them is always in memory: their names, and what became of others. How one is written and read stands in
blocks.py, how the oldest files of single windows are folded into one of minutes when there is no room in thin.py; both
are loaded when that is needed, and forgotten when no file is left.
"""

import os

from firmware.terminal import forget

END, THINNED = ".seg", ".sgt"
WITH_FILES = ("firmware.terminal.blocks", "firmware.terminal.pages", "firmware.terminal.thin")


def n_of(record):
    """The number of a record within its boot."""
    return record[0] << 16 | record[1] << 8 | record[2]


class Segments:
    """The segment files of a folder (with its "/" at the end), at most `limit` bytes of them."""

    def __init__(self, folder, limit):
        self.folder, self.limit = folder, limit
        try:
            os.mkdir(folder[:-1])
        except OSError:
            pass  # it is there, or the first write says why not
        self.names = sorted([name for name in os.listdir(folder) if name.endswith((END, THINNED))])
        self.growing = None  # name, mask and bytes of the file that still grows
        self.lost = []  # (boot_no, first n, last n) given up because the flash was full, or cannot be read
        self.thinned = self.failed = 0  # files folded into others; times the flash did not do what was asked
        self.dropped = 0  # readings given up or not to be read again
        if any(name.endswith(THINNED) for name in self.names):
            from firmware.terminal.thin import let_go_folded

            let_go_folded(self)
        self.handed = self.oldest()  # may be acknowledged in part: it is folded into nothing

    def __len__(self):
        return len(self.names)

    def append(self, boot_no, records):
        """Keep records of A01 (n, time, flags, mask, values) of one boot, in order. Raises OSError when it cannot."""
        from firmware.terminal import blocks

        blocks.append(self, boot_no, records)

    def complain(self, what, error):
        """Count and tell what the flash did not do."""
        self.failed += 1
        print("flash", what, "failed:", error)

    def oldest(self, skip=0):
        """The name of the oldest file after `skip` others, or None."""
        return self.names[skip] if skip < len(self.names) else None

    def read(self, name):
        """(boot_no, records as they were appended) up to the first that is damaged."""
        from firmware.terminal import blocks

        try:
            return int(name[:8], 16), blocks.read(self.folder + name)
        except OSError as error:
            self.complain("reading " + name, error)
            from firmware.terminal.thin import lose

            lose(self, name)
            return int(name[:8], 16), []

    def finish(self, name):
        """Let a file grow no more: what it holds is being handed over, and it will go as a whole."""
        self.handed = name
        if self.growing and self.growing[0] == name:
            self.growing = None

    def remove(self, name):
        """Forget a file: all of it was acknowledged, or stands elsewhere. One that was given up meanwhile is gone."""
        if name not in self.names:
            return
        self.names.remove(name)
        if self.growing and self.growing[0] == name:
            self.growing = None
        try:
            os.remove(self.folder + name)
        except OSError as error:
            self.complain("removing " + name, error)
        if not self.names:
            forget(WITH_FILES)
