"""What the label on a terminal says: its id with two check digits, `gantry:ct-01:95`. No secret is on it. No I/O.

The digits are ISO 7064's MOD 97-10 over the id's bytes read as one number, which finds every single wrong character and
every swap of two neighbours.
"""

PREFIX = "gantry"


def check_digits(terminal_id):
    """Two digits over an id."""
    return f"{98 - int.from_bytes(terminal_id.encode(), 'big') * 100 % 97:02d}"


def qr_text(terminal_id):
    """What the code says."""
    return f"{PREFIX}:{terminal_id}:{check_digits(terminal_id)}"


def is_label(text):
    """Whether a code means to be one of ours, read well or not."""
    return text.startswith(PREFIX + ":")


def id_in(text):
    """The terminal id of a code. Raises ValueError for one that is not ours or was misread."""
    prefix, _, rest = text.partition(":")
    terminal_id, _, digits = rest.rpartition(":")
    if prefix != PREFIX or not terminal_id or digits != check_digits(terminal_id):
        raise ValueError(f"{text[:80]!r} is no terminal's label, or was misread; scan it again")
    return terminal_id
