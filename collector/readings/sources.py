"""A small number for each terminal, given when its first reading comes: what the tables of readings go by."""

from collector import db

MANY = 200  # terminals: more are looked for by reading through all, where they are most of all
# a question for others to ask within theirs: (terminal_id, its number) of all terminals
NUMBERED = "SELECT terminal_id, terminal_no FROM source"


def number_of(terminal_id):
    """The number of a terminal, or None when nothing of it was ever stored."""
    found = db.rows("SELECT terminal_no FROM source WHERE terminal_id = ?", (terminal_id,))
    return found[0][0] if found else None


def numbers_of(terminal_ids):
    """{terminal_id: number} of those of which something is stored."""
    if len(terminal_ids) > MANY and 2 * len(terminal_ids) > (db.rows("SELECT max(terminal_no) FROM source")[0][0] or 0):
        wanted = set(terminal_ids)  # nearly all there are: read through, at half the price of looking each up
        return {name: number for name, number in db.rows(NUMBERED) if name in wanted}
    marks = ", ".join("?" * len(terminal_ids))
    return dict(db.rows(f"{NUMBERED} WHERE terminal_id IN ({marks})", terminal_ids))


def numbered(terminal_ids):
    """{terminal_id: number} of all of these; who has none gets one. Call it inside a transaction."""
    found = numbers_of(terminal_ids)
    missing = [(terminal_id,) for terminal_id in terminal_ids if terminal_id not in found]
    if missing:
        db.write_many("INSERT INTO source (terminal_id) VALUES (?)", missing)
        found = numbers_of(terminal_ids)
    return found


def carried_by(carrier, terminal_numbers):
    """Remember who brings these terminals: those of them that others brought, too. Call it inside a transaction."""
    marks = ", ".join("?" * len(terminal_numbers))
    sql = f"SELECT terminal_no, carrier FROM carried WHERE terminal_no IN ({marks})"
    found = db.rows(sql, tuple(terminal_numbers))
    known = {number for number, who in found if who == carrier}
    if len(known) < len(terminal_numbers):
        new = [(number, carrier) for number in terminal_numbers if number not in known]
        db.write_many("INSERT INTO carried (terminal_no, carrier) VALUES (?, ?)", new)
    return sorted({number for number, who in found if who != carrier})


def ids_of(terminal_numbers):
    """{number: terminal_id} of these."""
    marks = ", ".join("?" * len(terminal_numbers))
    sql = f"SELECT terminal_no, terminal_id FROM source WHERE terminal_no IN ({marks})"
    return dict(db.rows(sql, tuple(terminal_numbers)))
