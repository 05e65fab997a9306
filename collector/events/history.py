"""Limits that a unit's own history sets: so many times the spread of its hours beside their middle."""

import statistics

from collector import readings

DAY_MS = 86_400_000
HOURS_LEAST = 24  # of what is known less is no history


def limits_of(hours, times):
    """(low, high) from [Hour] of some days; None when they are too few or never differ."""
    means = [hour.total / hour.n for hour in hours if hour.n]
    if len(means) < HOURS_LEAST:
        return None
    middle, spread = statistics.fmean(means), statistics.pstdev(means)
    return (middle - times * spread, middle + times * spread) if spread else None


def resolved(condition, terminal_id, now_ms):
    """The same condition with limits for each part that asks for history; None when one is not known yet."""
    if condition["kind"] == "unlike":
        return _limits(condition, terminal_id, now_ms)
    if "of" not in condition:
        return condition
    parts = [resolved(part, terminal_id, now_ms) for part in condition["of"]]
    return None if None in parts else condition | {"of": parts}


def _limits(condition, terminal_id, now_ms):
    """Of whole days, so that they stay what they are until the next one begins."""
    channel, today_ms = condition["channel"], now_ms - now_ms % DAY_MS
    hours = readings.hours(terminal_id, channel, today_ms - condition["days"] * DAY_MS, today_ms)
    found = limits_of(hours, condition["times"])
    if found is None:
        return None
    hysteresis = (found[1] - found[0]) / (2 * condition["times"]) / 4  # a quarter of the spread
    ends = zip(("below", "above"), found, strict=True)
    common = {"channel": channel, "hysteresis": hysteresis}
    return {"kind": "any", "of": [{"kind": kind, "limit": limit} | common for kind, limit in ends]}
