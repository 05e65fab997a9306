"""Which numbers of a terminal are stored, and which are followed: interval sets, kept where they grow."""

from collector import db
from firmware.processing.intervals import merged, without

STORED, FOLLOWED = "stored", "followed"


def intervals_of(terminal_id, what, first=0, last=2**53):
    """The merged intervals of a set that touch first..last or are next to it."""
    return db.rows(
        "SELECT first, last FROM interval "
        "WHERE terminal_id = ? AND what = ? AND first <= ? AND last >= ? ORDER BY first",
        (terminal_id, what, last + 1, first - 1),
    )


def add(terminal_id, what, intervals):
    """Put numbers into a set; adding what is there changes nothing. Call it inside a transaction."""
    intervals = merged(intervals)
    if not intervals:
        return
    old = intervals_of(terminal_id, what, intervals[0][0], intervals[-1][1])
    db.write_many(
        "DELETE FROM interval WHERE terminal_id = ? AND what = ? AND first = ?",
        [(terminal_id, what, first) for first, _last in old],
    )
    db.write_many(
        "INSERT INTO interval (terminal_id, what, first, last) VALUES (?, ?, ?, ?)",
        [(terminal_id, what, first, last) for first, last in merged(old + intervals)],
    )


def unfollowed(terminal_id):
    """The numbers stored and not yet followed, as intervals: what a crash in between left to do."""
    return without(intervals_of(terminal_id, STORED), intervals_of(terminal_id, FOLLOWED))
