"""How we stand with the collector, on the disk for whoever asks: which address answers, how our clock differs, whether
it still takes us. Written when it changes, not at every upload: the card wears.
"""

import json
import logging
from pathlib import Path

from firmware.gateway.files import write_private

log = logging.getLogger("gateway")

FILE = "standing.json"
OFFSET_STEP_MS = 1_000  # a smaller change of the offset is not worth a write
AGAIN_MS = 600_000


class Standing:
    """Of one state folder."""

    def __init__(self, state):
        self._path, self._kept = Path(state) / FILE, {}

    def note(self, now_ms, url=None, offset_ms=None, refused=None):
        """It answered at `url`, or said why it refuses us (`refused`, a code). A full disk costs the note alone."""
        fresh = {"heard_ms": now_ms, "url": url, "offset_ms": offset_ms, "refused": refused}
        if not _differs(self._kept, fresh):
            return
        try:
            write_private(self._path, json.dumps(fresh).encode())
            self._kept = fresh
        except OSError as error:
            log.error("%s cannot be written: %s; free the disk", self._path, error.strerror)


def _differs(kept, fresh):
    if not kept or any(kept[name] != fresh[name] for name in ("url", "refused")):
        return True
    moved_ms = abs((kept["offset_ms"] or 0) - (fresh["offset_ms"] or 0))
    return moved_ms >= OFFSET_STEP_MS or not 0 <= fresh["heard_ms"] - kept["heard_ms"] < AGAIN_MS


def look(state):
    """{"heard_ms", "url", "offset_ms", "refused"} as noted last, {} before the first or when it cannot be read."""
    try:
        found = json.loads((Path(state) / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def said(found):
    """Lines for a person about what `look` found."""
    lines = []
    if found.get("refused"):
        lines.append(f"refuses us: {found['refused']}; all is kept")
    if found.get("url"):
        lines.append(f"answers at {found['url']}")
    if found.get("offset_ms") is not None:
        ahead_s = found["offset_ms"] / 1000
        lines.append(f"its clock is {ahead_s:+.1f} s from ours")
    return lines
