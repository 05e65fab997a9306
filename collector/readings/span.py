"""The readings of a terminal in a span of time."""

from collector.readings.sources import number_of
from collector.readings.stores import store
from firmware.protocol.channels import BY_NAME


def span(terminal_id, channels, from_ms, to_ms):
    """Columns of these channels' readings with from_ms <= ts < to_ms, in the order of time; None when there are none.

    Raises sealed.Damaged with terminal and hour when a block's bytes are not what was written.
    """
    number = number_of(terminal_id)
    if number is None:
        return None
    return store().within(number, [BY_NAME[name].id for name in channels], from_ms, to_ms)
