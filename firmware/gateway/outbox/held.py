"""What the pipeline holds back, on the disk like the rest, until it says what becomes of it. Inside a transaction."""

from firmware.gateway.outbox.shelf import lane_at
from firmware.gateway.thinning import NEUTRAL, NOTHING, let_go


class Held:
    """`rule_of(terminal id)` is its Rule or None. Every `let_go` is ended by `commit` or `rollback`."""

    def __init__(self, shelf, records, rule_of):
        self._shelf, self._records, self._rule_of = shelf, records, rule_of
        self._last, self._changed = {}, {}  # {terminal id: Last}
        self._since = {}  # {terminal id: (id of the first row held, steady ms when it was seen first)}

    def ruled(self, terminal_ids):
        """Those of these terminals that have a rule."""
        return {one for one in terminal_ids if self._rule_of(one)}

    def let_go(self, terminal_ids, now_ms, over=False):
        """Fold and move into its lane what goes now: {(terminal id, code): n} of what was found wrong."""
        wrong = {}
        for terminal_id in terminal_ids:
            rows, last = self._shelf.held(terminal_id), self._last.get(terminal_id, NOTHING)
            moves, self._changed[terminal_id] = let_go(rows, last, self._rule_of(terminal_id) or NEUTRAL, over)
            for move in moves:
                self._shelf.fold(move, lane_at(move.reading, now_ms))
            spikes, saved = sum(move.spikes for move in moves), sum(len(move.ids) - 1 for move in moves)
            if spikes:
                wrong[terminal_id, "value_spike"] = spikes
            if saved:
                self._records.count("outbox", {(terminal_id, "thinned"): saved})
        return wrong

    def overdue(self, steady_ms):
        """The terminals of which something has been held for a heartbeat, or that have no rule any more."""
        since = {}
        for terminal_id, first in self._shelf.held_firsts():
            before = self._since.get(terminal_id)
            since[terminal_id] = before if before and before[0] == first else (first, steady_ms)
        self._since = since
        return [one for one, (_first, ms) in since.items() if steady_ms - ms >= self._patience_ms(one)]

    def _patience_ms(self, terminal_id):
        rule = self._rule_of(terminal_id)
        return rule.heartbeat_ms if rule else 0

    def commit(self):
        """The transaction is on the disk."""
        self._last.update(self._changed)
        self._changed.clear()

    def rollback(self):
        """The transaction never was."""
        self._changed.clear()
