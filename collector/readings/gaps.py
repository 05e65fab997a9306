"""Numbers that will never come, with the reason the terminal gave."""

from collector import db


def add_gaps(gaps):
    """Keep (terminal_id, from_seq, to_seq, reason) tuples; again changes nothing. Call it inside a transaction."""
    db.write_many("INSERT OR IGNORE INTO gap (terminal_id, from_seq, to_seq, reason) VALUES (?, ?, ?, ?)", gaps)
