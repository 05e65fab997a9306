"""A small number for each terminal, given when its first reading comes: what the tables of readings go by."""

from collector import db


def number_of(terminal_id):
    """The number of a terminal, or None when nothing of it was ever stored."""
    found = db.rows("SELECT terminal_no FROM source WHERE terminal_id = ?", (terminal_id,))
    return found[0][0] if found else None


def numbers_of(terminal_ids):
    """{terminal_id: number} of those of which something is stored."""
    marks = ", ".join("?" * len(terminal_ids))
    return dict(db.rows(f"SELECT terminal_id, terminal_no FROM source WHERE terminal_id IN ({marks})", terminal_ids))


def numbered(terminal_ids):
    """{terminal_id: number} of all of these; who has none gets one. Call it inside a transaction."""
    found = numbers_of(terminal_ids)
    missing = [(terminal_id,) for terminal_id in terminal_ids if terminal_id not in found]
    if missing:
        db.write_many("INSERT INTO source (terminal_id) VALUES (?)", missing)
        found = numbers_of(terminal_ids)
    return found
