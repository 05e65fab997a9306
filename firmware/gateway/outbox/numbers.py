"""Sets of sequence numbers, per terminal, in a table of the outbox; memory follows once a transaction is committed."""

from firmware.gateway.outbox.schema import insert
from firmware.processing import intervals

MOST = 500  # intervals remembered per terminal; what is older the collector recognises itself


class Numbers:
    """One set per terminal in `table`. Every change is inside a transaction, ended by `commit` or `rollback`."""

    def __init__(self, database, table):
        self._database, self._table = database, table
        self._kept, self._changed = {}, {}
        for terminal_id, first, last in database.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
            self._kept.setdefault(terminal_id, []).append((first, last))

    def of(self, terminal_id):
        """The merged intervals of a terminal; not to be changed by the caller."""
        return self._changed[terminal_id] if terminal_id in self._changed else self._kept.get(terminal_id, [])

    def terminals(self):
        """The terminals that have any."""
        return self._kept.keys() | self._changed.keys()

    def floor(self, terminal_id):
        """The number below which nothing is remembered."""
        known = self.of(terminal_id)
        return known[0][0] if len(known) >= MOST else 0

    def add(self, pairs_of):
        """Put {terminal id: intervals} into the sets."""
        self.become({one: intervals.merged([*self.of(one), *pairs]) for one, pairs in pairs_of.items()})

    def become(self, intervals_of):
        """{terminal id: merged intervals} instead of what was; what did not change is not written."""
        gone, new = [], []
        for terminal_id, after in intervals_of.items():
            before = self.of(terminal_id)
            same, cut = _same(before, after), max(0, len(after) - MOST)
            gone += [(terminal_id, first) for first, _last in before[:cut] + before[same:]]
            new += [(terminal_id, *pair) for pair in after[max(same, cut) :]]
            self._changed[terminal_id] = after[cut:]
        fresh = {row[:2] for row in new}  # an interval that only grew is written once
        gone = [row for row in gone if row not in fresh]
        self._database.executemany(f"DELETE FROM {self._table} WHERE terminal_id = ? AND from_seq = ?", gone)
        insert(self._database, f"OR REPLACE INTO {self._table}", new)

    def take_out(self, terminal_id, pairs):
        """Forget merged intervals of a terminal."""
        self.become({terminal_id: intervals.without(self.of(terminal_id), pairs)})

    def commit(self):
        """The transaction is on the disk."""
        self._kept.update(self._changed)
        self._changed.clear()

    def rollback(self):
        """The transaction never was."""
        self._changed.clear()


def _same(before, after):
    """How many intervals at the beginning are the same in both."""
    most = min(len(before), len(after))
    return next((at for at in range(most) if before[at] != after[at]), most)
