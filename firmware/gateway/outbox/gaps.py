"""Numbers that will never come, as rows of the outbox file, until the collector knows of them. Inside a transaction."""

from firmware.protocol.frame import Gap


class Gaps:
    """Those a terminal has named itself, and those that were lost here."""

    def __init__(self, database):
        self._database = database

    def keep(self, gaps):
        """Keep pairs (terminal_id, Gap)."""
        self._database.executemany(
            "INSERT OR IGNORE INTO gaps (terminal_id, from_seq, to_seq, reason) VALUES (?, ?, ?, ?)",
            [(terminal_id, *gap) for terminal_id, gap in gaps],
        )

    def lose(self, terminal_id, pairs, reason):
        """Keep intervals that are lost here; one that follows another waiting one makes that longer."""
        for first, last in pairs:
            before = self._database.execute(
                "SELECT id FROM gaps WHERE terminal_id = ? AND reason = ? AND to_seq = ?",
                (terminal_id, reason, first - 1),
            ).fetchone()
            if before:
                self._database.execute("UPDATE OR REPLACE gaps SET to_seq = ? WHERE id = ?", (last, before[0]))
            else:
                self.keep([(terminal_id, Gap(first, last, reason))])

    def oldest(self, most):
        """The first gaps: [(id, terminal_id, Gap)]."""
        rows = self._database.execute("SELECT * FROM gaps ORDER BY id LIMIT ?", (most,))
        return [(number, terminal_id, Gap(*gap)) for number, terminal_id, *gap in rows]

    def remove(self, gaps):
        """Take away what `oldest` gave; one that grew meanwhile stays."""
        self._database.executemany(
            "DELETE FROM gaps WHERE id = ? AND to_seq = ?", [(number, gap.to_seq) for number, _, gap in gaps]
        )
