"""Which numbers of a terminal are stored: interval sets, kept where they grow."""

from collector import db
from collector.readings.sources import number_of
from firmware.processing.intervals import merged

STORED = "stored"
MOST = 2**53

_NEAR = (
    "WITH wanted (terminal_no, low, high) AS (VALUES {}) SELECT interval.terminal_no, first, last FROM wanted "
    "CROSS JOIN interval ON interval.terminal_no = wanted.terminal_no AND what = ? AND first <= high AND last >= low "
    "ORDER BY interval.terminal_no, first"
)
_DROP = "DELETE FROM interval WHERE terminal_no = ? AND what = ? AND first = ?"
_PUT = (
    "INSERT INTO interval (terminal_no, what, first, last) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (terminal_no, what, first) DO UPDATE SET last = excluded.last"
)


def intervals_of(terminal_id, what, first=0, last=MOST):
    """The merged intervals of a set that touch first..last or are next to it."""
    number = number_of(terminal_id)
    return [] if number is None else near(what, {number: (first, last)}).get(number, [])


def near(what, spans):
    """{terminal number: [interval]} of those that touch or are next to its {terminal number: (first, last)}."""
    wanted = [value for number, (first, last) in spans.items() for value in (number, first - 1, last + 1)]
    found = {}
    for number, first, last in db.rows(_NEAR.format(", ".join(["(?, ?, ?)"] * len(spans))), (*wanted, what)):
        found.setdefault(number, []).append((first, last))
    return found


def write(what, grown):
    """Keep {terminal number: (intervals there, merged new ones)}. Call it inside a transaction."""
    drops, puts = [], []
    for number, (old, new) in grown.items():
        kept = merged(old + new) if old else new
        firsts = {first for first, _last in kept}
        drops += [(number, what, first) for first, _last in old if first not in firsts]
        puts += [(number, what, first, last) for first, last in kept if (first, last) not in old]
    if drops:
        db.write_many(_DROP, drops)
    db.write_many(_PUT, puts)
