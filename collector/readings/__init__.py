"""Readings: the only room that knows how they are stored.

`append` is idempotent by interval accounting; the latest values change in the same transaction. What has come lies
as it came, until `seal` folds closed hours into blocks and their sums.
"""

from collector.readings.append import Appended, append, take
from collector.readings.arrival import Arrival, Block, ends_of, side_by_side
from collector.readings.check import check
from collector.readings.columns import INVALID, VALID, Columns, states_of, values_of
from collector.readings.days import Day, bounds_of, days, put_states, state_quarters, states
from collector.readings.following import fresh_after, last_upload, mark_of, passed, remember, remembered, set_mark
from collector.readings.gaps import add_gaps
from collector.readings.hours import Hour, hour_of, hours
from collector.readings.incoming import HOUR_MS
from collector.readings.latest import Latest, latest, newest, newest_of_numbers
from collector.readings.ledger import STORED, intervals_of
from collector.readings.quarantine import Refused, quarantine, quarantined
from collector.readings.rollup import STATE_NAMES
from collector.readings.sealed import Damaged
from collector.readings.series import Point, series
from collector.readings.sources import NUMBERED
from collector.readings.span import span
from collector.readings.stores import ahead, elsewhere, migrate_store, retire, seal

__all__ = (
    "HOUR_MS",
    "INVALID",
    "NUMBERED",
    "STATE_NAMES",
    "STORED",
    "VALID",
    "Appended",
    "Arrival",
    "Block",
    "Columns",
    "Damaged",
    "Day",
    "Hour",
    "Latest",
    "Point",
    "Refused",
    "add_gaps",
    "ahead",
    "append",
    "bounds_of",
    "check",
    "days",
    "elsewhere",
    "ends_of",
    "fresh_after",
    "hour_of",
    "hours",
    "intervals_of",
    "last_upload",
    "latest",
    "mark_of",
    "migrate_store",
    "newest",
    "newest_of_numbers",
    "passed",
    "put_states",
    "quarantine",
    "quarantined",
    "remember",
    "remembered",
    "retire",
    "seal",
    "series",
    "set_mark",
    "side_by_side",
    "span",
    "state_quarters",
    "states",
    "states_of",
    "take",
    "values_of",
)
