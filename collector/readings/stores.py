"""Where the readings themselves lie. Ledger, latest values, gaps and quarantine stay with the registers in any case."""

import os

from collector import db
from collector.config import read_settings
from collector.errors import ActionError
from collector.readings.folded import Folded

URL = "GANTRY_CLICKHOUSE"  # the environment's word goes before the setting `clickhouse`
_open = {}


def store():
    """The store of the open database: Folded, or ClickHouse. Raises ActionError, or Away when nobody answers."""
    key = (db.folder(), os.environ.get(URL))
    if _open.get("key") != key:
        found = _found()
        if found.pending():
            command = f"python -m collector --data {db.folder()} migrate"
            raise ActionError(f"the tables on ClickHouse are older than this program; run `{command}`")
        _open.update(key=key, store=found)
    return _open["store"]


def migrate_store():
    """Bring the store's own tables up to date. What was added, in words. Raises ActionError, or Away."""
    return _found().migrate()


def _found():
    url = os.environ.get(URL) or read_settings(db.folder())["clickhouse"]
    if not url:
        return Folded()
    from collector.readings.clickhouse import at  # here, because its driver is loaded by those only who use it

    return at(url)


def elsewhere():
    """Whether readings lie on other servers than the registers."""
    return store().elsewhere


def ahead(arrivals):
    """Bring Arrivals to where they belong before the right to write is taken: `take` finds them there. Raises Away."""
    store().ahead(arrivals)


def seal(now_ms, rests=0.0):
    """Fold closed hours and make their sums. The number of readings that this took up. `rests`: see sealing.py."""
    return store().seal(now_ms, rests)


def retire(before_ms):
    """Forget readings of before an instant, as far as the store lets go of them; the sums of their hours stay."""
    return store().retire(before_ms)
