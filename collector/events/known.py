"""The plan by which a binding's readings are judged: looked up once, shared by all bindings with the same rules."""

from collections import namedtuple

from collector.events import rulebook
from collector.events.plan import Plan

LOOKED_UP_FOR_MS = 600_000  # limits that begin on another day are looked up again
OWN = "each terminal has its own"  # because of its history

Known = namedtuple("Known", ("plan", "entries"))  # plan: None where nothing is to be judged; entries: {name: Entry}


class KnownPlans:
    """What is known of bindings since a rule or a limit changed last."""

    def __init__(self):
        self._known, self._shared, self._book = {}, {}, None
        self._version, self._since_ms = None, 0

    def look_up(self, now_ms):
        """Forget everything when a rule or limit has changed, or it is some time ago."""
        version = rulebook.version()
        if version != self._version or abs(now_ms - self._since_ms) > LOOKED_UP_FOR_MS:
            self._known, self._shared, self._book = {}, {}, rulebook.Book(now_ms)
            self._version, self._since_ms = version, now_ms

    def of(self, terminal_id, held, is_shared=False):
        """The Known of a Held, made when it is asked for first; those with the same rules share one.

        is_shared: whether other terminals measure the same equipment.
        """
        key = held.equipment_id, held.place, held.channels, is_shared
        if self._known.get(key) == OWN:
            key = (*key, terminal_id)
        if key not in self._known:
            entries, is_own = self._book.entries(terminal_id, held, is_shared)
            if is_own and len(key) == 4:
                self._known[key], key = OWN, (*key, terminal_id)
            content = repr(entries)
            if content not in self._shared:
                self._shared[content] = Known(Plan(rulebook.lines_of(entries)) if entries else None, entries)
            self._known[key] = self._shared[content]
        return self._known[key]
