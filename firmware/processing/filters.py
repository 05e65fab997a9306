"""What need not be sent, and what cannot be: deadband with a heartbeat, and a spike filter. Time is handed in."""

from collections import namedtuple

Sent = namedtuple("Sent", ("at_ms", "values"))
# what was sent last: when, and {channel: value}; None before the first


def worth_sending(sent, now_ms, values, deadbands, heartbeat_ms):
    """Whether a reading says something new.

    `deadbands` is {channel: change that counts, in its unit}; a channel not named counts at any change.
    A value that came or went, became or ceased to be invalid, always counts; so does silence of `heartbeat_ms`.
    """
    if sent is None or now_ms - sent.at_ms >= heartbeat_ms or set(sent.values) != set(values):
        return True
    return any(changed(sent.values[name], values[name], deadbands.get(name, 0.0)) for name in values)


def changed(before, after, deadband):
    """Whether a value left the band around what was sent before."""
    if before is None or after is None:
        return before is not after
    return abs(after - before) > deadband


class Spikes:
    """Refuses a value that leaps away and back, takes a leap that stays: it waits one value to tell them apart."""

    def __init__(self, leap):
        """`leap`: the least change, in the channel's unit, that may be a spike."""
        self._leap, self._last, self._doubted = leap, None, None

    def take(self, value):
        """[values that are good now]: none while one is doubted, two when a leap has proved to be real."""
        last, doubted = self._last, self._doubted
        if last is None or value is None:
            self._last, self._doubted = value, None
            return [value] if doubted is None else [doubted, value]
        if doubted is not None:
            self._doubted = None
            self._last = value
            return [doubted, value] if abs(value - doubted) <= abs(value - last) else [value]
        if abs(value - last) >= self._leap:
            self._doubted = value
            return []
        self._last = value
        return [value]
