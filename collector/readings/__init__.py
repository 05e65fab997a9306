"""Readings: the only room that knows how they are stored.

`append` is idempotent by interval accounting; the hours and the latest values change in the same transaction.
"""

from collector.readings.append import Appended, Block, append
from collector.readings.columns import add_channels, require_current_database
from collector.readings.gaps import add_gaps
from collector.readings.hours import HOUR_MS, hour_of, hours
from collector.readings.latest import latest
from collector.readings.ledger import FOLLOWED, STORED, add, intervals_of, unfollowed
from collector.readings.quarantine import Refused, quarantine
from collector.readings.series import Point, series

__all__ = (
    "FOLLOWED",
    "HOUR_MS",
    "STORED",
    "Appended",
    "Block",
    "Point",
    "Refused",
    "add",
    "add_channels",
    "add_gaps",
    "append",
    "hour_of",
    "hours",
    "intervals_of",
    "latest",
    "quarantine",
    "require_current_database",
    "series",
    "unfollowed",
)
