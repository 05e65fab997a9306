"""What a person may see of an outbox while the gateway runs or is stopped. Reads only."""

import sqlite3
from collections import namedtuple
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.gateway.outbox.schema import BUSY_S, FILE

State = namedtuple("State", ("waiting", "oldest_ms", "gaps", "records", "set_aside", "refusals"))
# oldest_ms: None when nothing waits. refusals: [(interface, source id, code, count)]


def _ask(state, *questions):
    path = Path(state) / FILE
    if not path.exists():
        raise GatewayError(f"{path} is not there; the gateway has not run yet: python -m firmware.gateway run")
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)
        try:
            return [database.execute(question).fetchall() for question in questions]
        finally:
            database.close()
    except sqlite3.Error as error:
        raise GatewayError(f"{path} cannot be read: {error}; run as the gateway's user") from error


def look(state):
    """The State of an outbox. Raises GatewayError."""
    readings, gaps, records, refused, refusals = _ask(
        state,
        "SELECT count(*), min(ts_ms) FROM readings",
        "SELECT count(*) FROM gaps",
        "SELECT count(*) FROM records",
        "SELECT count(*) FROM refused",
        "SELECT interface, source_id, code, count FROM refusals ORDER BY 1, 2, 3",
    )
    return State(*readings[0], gaps[0][0], records[0][0], refused[0][0], refusals)


def heard(state):
    """{terminal id: (when it was heard last in ms, its newest seq, how many of its readings wait)}."""
    (rows,) = _ask(
        state,
        "SELECT heard.terminal_id, heard_ms, newest_seq, coalesce(waiting, 0) FROM heard LEFT JOIN"
        " (SELECT terminal_id, count(*) AS waiting FROM readings GROUP BY terminal_id) USING (terminal_id)",
    )
    return {terminal_id: tuple(rest) for terminal_id, *rest in rows}
