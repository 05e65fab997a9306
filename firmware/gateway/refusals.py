"""How often what was refused, per terminal and code, until the next report."""

import logging

log = logging.getLogger("gateway")
NAMES_MOST = 1000  # different (terminal, code) between two reports; names come from outside
NAME_LENGTH = 64
OTHERS = "others"


class Refusals:
    """Counts in memory; `take` hands them over to a report."""

    def __init__(self):
        self._counts, self._told = {}, set()

    def count(self, terminal_id, code, text="", times=1):
        """One more refusal; the first of its kind since the start is said aloud."""
        key = (terminal_id[:NAME_LENGTH], code)
        if key not in self._counts and len(self._counts) >= NAMES_MOST:
            key = (OTHERS, code)
        self._counts[key] = self._counts.get(key, 0) + times
        if key not in self._told and len(self._told) < NAMES_MOST:
            self._told.add(key)
            log.warning("refused: terminal %.64r, %s%s", terminal_id, code, f" ({text})" if text else "")

    def take(self):
        """{(terminal id, code): n} since the last call."""
        counts, self._counts = self._counts, {}
        return counts

    def give_back(self, counts):
        """Counts that could not be kept."""
        for (terminal_id, code), times in counts.items():
            self.count(terminal_id, code, times=times)
