"""Records for the collector and the totals of what was refused or lost here, as rows of the outbox file."""

import json

from firmware.gateway.outbox.schema import Unsound

OLDEST = "SELECT coalesce(own, seq), kind, ts_ms, body, source_id FROM records ORDER BY seq LIMIT ?"


class Records:
    """Numbered for ever, never dropped. Inside a transaction."""

    def __init__(self, database):
        self._database = database

    def keep(self, source_id, kind, ts_ms, body):
        """Keep one record, `body` as JSON; source None: the gateway itself."""
        row = (kind, ts_ms, json.dumps(body), source_id)
        self._database.execute("INSERT INTO records (kind, ts_ms, body, source_id) VALUES (?, ?, ?, ?)", row)

    def keep_numbered(self, records):
        """Keep pairs (source id, Record) under the numbers they have."""
        self._database.executemany(
            "INSERT OR IGNORE INTO records (kind, ts_ms, body, source_id, own) VALUES (?, ?, ?, ?, ?)",
            [(one.kind, one.ts_ms, json.dumps(one.body), source_id, one.seq) for source_id, one in records],
        )

    def oldest(self, most):
        """The first records: [(seq, kind, ts_ms, body, source id or None)]. Raises Unsound."""
        rows = self._database.execute(OLDEST, (most,))
        return [(seq, kind, ts_ms, body_of(seq, body), source_id) for seq, kind, ts_ms, body, source_id in rows]

    def remove(self, records):
        """Take away what `oldest` gave."""
        self._database.executemany(
            "DELETE FROM records WHERE coalesce(own, seq) = ? AND source_id IS ?",
            [(seq, source_id) for seq, *_, source_id in records],
        )

    def count(self, interface, counts):
        """Add {(source id, code): n} to the totals of an interface."""
        self._database.executemany(
            "INSERT INTO refusals VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(interface, source_id, code, count) for (source_id, code), count in counts.items()],
        )


def body_of(number, text):
    """The body of a record. Raises Unsound for one that this program has not written."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise Unsound(f"record {number} is none") from error
