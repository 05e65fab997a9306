"""A value beside its limit, and the windows of an hour beside it: within, warning or alarm. No I/O.

A level that a rule leaves out (None) is never exceeded; a value exactly at its level is within it.
"""

from collections import namedtuple

import numpy as np

WITHIN, WARNING, ALARM = "within", "warning", "alarm"

Counts = namedtuple("Counts", ("within", "warning", "alarm"))  # windows
NONE = Counts(0, 0, 0)


def verdict(rule, value):
    """WITHIN, WARNING or ALARM for a value in the unit of the rule's levels."""
    if _outside(value, rule.low_alarm, rule.high_alarm):
        return ALARM
    return WARNING if _outside(value, rule.low_warning, rule.high_warning) else WITHIN


def _outside(value, low, high):
    return (low is not None and value < low) or (high is not None and value > high)


def of_hour(rule, hour):
    """The Counts of an hour from its sums alone; None where extremes on both sides of a level leave it open."""
    low, high = verdict(rule, hour.low), verdict(rule, hour.high)
    same_side = low == high and (low == WITHIN or _side(rule, hour.low) == _side(rule, hour.high))
    return NONE._replace(**{low: hour.n}) if same_side else None


def _side(rule, value):
    """True above the limits, False below."""
    return any(level is not None and value > level for level in (rule.high_warning, rule.high_alarm))


def of_values(rule, values, windows):
    """The Counts of finite values, each of so many windows; two arrays."""
    alarm = _beyond(values, rule.low_alarm, rule.high_alarm)
    warning = _beyond(values, rule.low_warning, rule.high_warning) & ~alarm
    parts = (int(windows[chosen].sum()) for chosen in (~alarm & ~warning, warning, alarm))
    return Counts(*parts)


def _beyond(values, low, high):
    low, high = (-np.inf if low is None else low), (np.inf if high is None else high)
    return (values < low) | (values > high)


def both(one, other):
    """The Counts of two sets of windows that share none."""
    return Counts(*(a + b for a, b in zip(one, other, strict=True)))
