"""The readings of a terminal in a span of time, sealed or just come."""

import numpy as np

from collector import db
from collector.readings import blocks, columns, hot
from collector.readings.incoming import HOUR_MS
from collector.readings.sources import number_of
from firmware.protocol.channels import BY_NAME


def span(terminal_id, channels, from_ms, to_ms):
    """Columns of these channels' readings with from_ms <= ts < to_ms, in the order of time; None when there are none.

    Raises sealed.Damaged with terminal and hour when a block's bytes are not what was written.
    """
    number = number_of(terminal_id)
    return None if number is None else of_number(number, [BY_NAME[name].id for name in channels], from_ms, to_ms)


def of_number(terminal_no, channel_ids, from_ms, to_ms):
    """The same by numbers."""
    with db.snapshot():
        kept = blocks.within(terminal_no, from_ms // HOUR_MS, -(-to_ms // HOUR_MS))
        fresh = hot.of_terminal(terminal_no, from_ms, to_ms)
    parts = [blocks.unsealed(terminal_no, one, channel_ids) for one in kept] + [part for _hour_no, part in fresh]
    if not parts:
        return None
    found = columns.by_time(columns.joined(parts))
    first, last = np.searchsorted(found.ts_ms, (from_ms, to_ms))
    return columns.picked(found, slice(first, last)) if first < last else None
