"""What was done to which board: one line of JSON per action, only ever added. No secret has a place in it."""

import getpass
import json
import os
import sys
import time
from pathlib import Path

FIELDS = (
    "ts_ms",
    "technician",
    "action",
    "port",
    "board",
    "chip",
    "terminal_id",
    "version",
    "hashes",
    "result",
    "error",
)
FILE_VARIABLE = "GANTRY_JOURNAL"


def default_file():
    """Where the journal stands: GANTRY_JOURNAL, or below the technician's own folder."""
    named = os.environ.get(FILE_VARIABLE)
    return Path(named) if named else Path.home() / ".gantry" / "journal.jsonl"


class Journal:
    """The journal in a file. Two technicians on one laptop may add at once: a line is one write."""

    def __init__(self, file=None, technician=None, now_ms=lambda: time.time_ns() // 1_000_000):
        self.file, self._technician = Path(file or default_file()), technician or getpass.getuser()
        self._now_ms = now_ms

    def add(self, action, result, **what):
        """Add one action, "done" or "failed", with fields of FIELDS. Raises ValueError for any other field."""
        line = {"ts_ms": self._now_ms(), "technician": self._technician, "action": action, **what, "result": result}
        strange = set(line) - set(FIELDS)
        if strange:
            raise ValueError(f"the journal has no place for {', '.join(sorted(strange))}")
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps({name: line[name] for name in FIELDS if line.get(name) is not None}, ensure_ascii=False)
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, text.encode() + b"\n")
        finally:
            os.close(handle)

    def lines(self, terminal_id=None):
        """The lines as dicts, of one terminal or of all. A line that was cut is left out, aloud."""
        if not self.file.exists():
            return []
        found = []
        for number, text in enumerate(self.file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                line = json.loads(text)
            except ValueError:
                print(f"{self.file}:{number} is damaged and left out", file=sys.stderr)
                continue
            if terminal_id is None or line.get("terminal_id") == terminal_id:
                found.append(line)
        return found
