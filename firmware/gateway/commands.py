"""Commands for terminals and what terminals say of themselves, on the disk beside the outbox.

Per terminal one command at a time is under way, in the order of the numbers; the next goes when the result of the one
before is kept. That it is on its way is on the disk before it leaves, and its result is in the outbox before it is
over here: a kill at any point repeats a step, never a command. What was under way when its time ran out is not given
up by silence: the terminal is asked to forget it, and says what it did or that it will not do it.
"""

import json
import logging
import sqlite3
import threading
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.protocol.message import Command

log = logging.getLogger("gateway")

FILE = "fleet.db"
TABLES = """
CREATE TABLE IF NOT EXISTS commands (
    command_id INTEGER PRIMARY KEY, terminal_id TEXT NOT NULL, verb TEXT NOT NULL, body TEXT NOT NULL,
    expires_ms INTEGER NOT NULL, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS statuses (terminal_id TEXT PRIMARY KEY, ts_ms INTEGER NOT NULL, body TEXT NOT NULL);
"""
WAITING, SENT, ACKNOWLEDGED, EXPIRED = "waiting", "sent", "acknowledged", "expired"
ROTATE = "rotate"  # the one verb whose end only the terminal can tell: another gateway may have sent it before us
OPEN = (WAITING, SENT, ACKNOWLEDGED)  # any other state is the end; then the row stays until the collector knows it
BUSY_S = 10
LAST_ID = 2**53


class Commands:
    """Of one state folder. `tell(kind, body)` keeps a record for the collector. Disk errors come as sqlite3.Error."""

    def __init__(self, state, tell):
        self._database, self._tell, self._lock = connect(Path(state)), tell, threading.Lock()

    def close(self):
        """Close the file; every commit is in it already."""
        with self._lock:
            self._database.close()

    def take(self, rows):
        """Follow the collector's list: what is new is kept, what is not in it any more is over or another gateway's."""
        good = [row for row in rows if _possible(row)]
        if len(good) < len(rows):
            log.error("%d commands of the collector are impossible; update the gateway", len(rows) - len(good))
        with self._lock, self._database:
            known = {number for (number,) in self._database.execute("SELECT command_id FROM commands")}
            listed = {row["command_id"] for row in good}
            self._database.executemany("DELETE FROM commands WHERE command_id = ?", [(one,) for one in known - listed])
            new = [row for row in good if row["command_id"] not in known]
            self._database.executemany(
                "INSERT INTO commands VALUES (:command_id, :terminal_id, :verb, :body, :expires_ms, 'waiting')",
                [{**row, "body": json.dumps(row["body"])} for row in new],
            )
        return len(new)

    def terminals(self):
        """The ids of terminals for which a command is open."""
        asked = f"SELECT DISTINCT terminal_id FROM commands WHERE state IN {OPEN}"
        with self._lock:
            return {terminal_id for (terminal_id,) in self._database.execute(asked)}

    def next_for(self, terminal_id, now_ms, rotation=None):
        """The Command to send to a terminal now, or None. That it is on its way is on the disk by then.

        `rotation` is the number of the one whose next key is here; no other may go: a terminal must never have a
        secret that its gateway cannot know.
        """
        while True:
            found = self._first(terminal_id)
            if found is None:
                return None
            number, verb, body, expires_ms, state = found
            if now_ms < expires_ms:
                if state == WAITING and verb == ROTATE and number != rotation:
                    return None
                if state == WAITING:
                    self._change(number, SENT)
                return Command(number, verb, json.loads(body))
            if state == WAITING and verb == ROTATE:
                self._change(number, SENT)
            if state != WAITING or verb == ROTATE:
                return Command(number, "expire", {})
            self._end(number, terminal_id, EXPIRED, None)

    def expire(self, now_ms):
        """End what has never left and whose time is over, also when its terminal is not here."""
        asked = "SELECT command_id, terminal_id FROM commands WHERE state = 'waiting' AND expires_ms <= ? AND verb <> ?"
        with self._lock:
            due = self._database.execute(asked, (now_ms, ROTATE)).fetchall()
        for number, terminal_id in due:
            self._end(number, terminal_id, EXPIRED, None)

    def hear(self, terminal_id, result):
        """Take a Result. What nobody waits for, or what is said again, changes nothing."""
        found = self._first(terminal_id)
        if found is None or found[0] != result.command_id or found[4] == result.state:
            return False
        number, state = found[0], found[4]
        if state == WAITING:  # it was never sent: no terminal of ours can know its number
            return False
        over = result.state == "failed" and result.body.get("code") == EXPIRED
        self._end(number, terminal_id, EXPIRED if over else result.state, result.body)
        return True

    def rotated(self, terminal_id, number):
        """Tell the collector that a terminal has proved itself under the key of this rotation: the old one may go."""
        self._tell("rotated", {"terminal_id": terminal_id, "rotation": number})

    def _end(self, number, terminal_id, state, body):
        """Tell the collector first: a kill in between says it twice, and the second time changes nothing."""
        self._tell("result", {"command_id": number, "terminal_id": terminal_id, "state": state, "result": body})
        self._change(number, state)

    def _change(self, number, state):
        with self._lock, self._database:
            self._database.execute("UPDATE commands SET state = ? WHERE command_id = ?", (state, number))

    def _first(self, terminal_id):
        asked = (
            f"SELECT command_id, verb, body, expires_ms, state FROM commands WHERE terminal_id = ? AND state IN {OPEN}"
        )
        with self._lock:
            return self._database.execute(asked + " ORDER BY command_id LIMIT 1", (terminal_id,)).fetchone()

    def keep_statuses(self, statuses):
        """Keep {terminal id: (ts_ms, what it says of itself)} and tell the collector."""
        rows = [(terminal_id, ts_ms, json.dumps(said)) for terminal_id, (ts_ms, said) in statuses.items()]
        with self._lock, self._database:
            self._database.executemany("INSERT OR REPLACE INTO statuses VALUES (?, ?, ?)", rows)
        self._tell("status", {terminal_id: said for terminal_id, (_ts_ms, said) in statuses.items()})


def _possible(row):
    """Whether a row of the collector's list is a command."""
    if not isinstance(row, dict):
        return False
    number, expires_ms = row.get("command_id"), row.get("expires_ms")
    numbers = type(number) is int and 0 < number < LAST_ID and type(expires_ms) is int
    texts = all(isinstance(row.get(name), str) and 0 < len(row[name]) <= 64 for name in ("terminal_id", "verb"))
    return numbers and texts and isinstance(row.get("body"), dict)


def connect(state):
    """The fleet file of a state folder, made if it is not there. Raises GatewayError."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state / FILE
    path.touch(mode=0o600)
    try:
        database = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(TABLES)
    except sqlite3.DatabaseError as error:
        raise GatewayError(f"{path} cannot be used: {error}; free the disk, or move the file away and start") from error
    return database


def look(state):
    """({terminal id: (ts_ms, status)}, {terminal id: open commands}) for a person. Raises GatewayError."""
    path = Path(state) / FILE
    if not path.exists():
        return {}, {}
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)
        try:
            statuses = database.execute("SELECT terminal_id, ts_ms, body FROM statuses").fetchall()
            counted = f"SELECT terminal_id, count(*) FROM commands WHERE state IN {OPEN} GROUP BY terminal_id"
            counts = dict(database.execute(counted).fetchall())
        finally:
            database.close()
    except sqlite3.Error as error:
        raise GatewayError(f"{path} cannot be read: {error}; run as the gateway's user") from error
    return {terminal_id: (ts_ms, json.loads(body)) for terminal_id, ts_ms, body in statuses}, counts
