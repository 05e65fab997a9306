"""Which shard a terminal lives on: given once, where the fewest live, and written down in the register.

So a cluster may grow: whoever has a home keeps it, and new terminals go to the new shard until it holds as many.
"""

from collections import Counter

from collector import db


def homes_of(terminal_numbers):
    """{terminal number: shard} of those that have one."""
    marks = ", ".join("?" * len(terminal_numbers))
    return dict(db.rows(f"SELECT terminal_no, shard FROM home WHERE terminal_no IN ({marks})", tuple(terminal_numbers)))


def settled(terminal_numbers, shards):
    """The same of all of these; who has none gets one. Call it inside a transaction."""
    found = homes_of(terminal_numbers)
    new = [number for number in terminal_numbers if number not in found]
    if new:
        held = Counter(dict.fromkeys(shards, 0))
        held.update(dict(db.rows("SELECT shard, count(*) FROM home GROUP BY shard")))
        for number in new:
            found[number] = min(shards, key=lambda shard: (held[shard], shard))
            held[found[number]] += 1
        db.write_many("INSERT INTO home (terminal_no, shard) VALUES (?, ?)", [(one, found[one]) for one in new])
    return found
