"""What was refused one by one, kept whole with its code, so that nothing is lost and somebody can look."""

from collections import namedtuple

from collector import db

# source_id: the terminal, or the source of a record; body: the refused thing as JSON.
Refused = namedtuple("Refused", ("source_id", "seq", "code", "error", "body"))

MAX_BODY = 4096  # characters kept of a refused body


def quarantine(gateway_id, refused, now_ms):
    """Keep refusals; the same one again is kept once. Call it inside a transaction."""
    db.write_many(
        "INSERT OR IGNORE INTO quarantine (gateway_id, source_id, seq, code, error, body, received_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (gateway_id, one.source_id, str(one.seq)[:40], one.code, one.error, one.body[:MAX_BODY], now_ms)
            for one in refused
        ],
    )


Kept = namedtuple("Kept", ("gateway_id", "source_id", "seq", "code", "error", "received_ms"))


def quarantined(most):
    """[Kept] of what was refused last, the newest first, without the bodies."""
    asked = f"SELECT {', '.join(Kept._fields)} FROM quarantine ORDER BY received_ms DESC LIMIT ?"
    return [Kept(*row) for row in db.rows(asked, (most,))]
