"""The disk of an equipment's computer: how it fills, when it will be full, whether it filled at a leap. No I/O."""

from itertools import pairwise
from statistics import median

from collector.running.findings import Finding

SPAN_MS = 30 * 86_400_000  # looked at
DAY_MS = 86_400_000
SOON_DAYS = 30
LEAP_TIMES, LEAP_SHARE = 8, 0.05  # of the usual day's growth; of the disk


def growth_of(used):
    """GB a day of `used` [(ts_ms, GB)], the median of all slopes over a day or more; None where none is so long.

    Source: Theil 1950, Sen 1968. A third of the values may be wrong; what is deleted at a stroke does not count.
    """
    daily = daily_of(used)
    steps = [(late - soon) * DAY_MS / (then - when) for (when, soon), (then, late) in pairwise(daily)]
    return median(steps) if len(steps) >= 3 else None


def daily_of(used):
    """[(ts_ms, GB)]: the last value of each day, of the days looked at."""
    since = used[-1][0] - SPAN_MS if used else 0
    days = {}
    for ts_ms, value in used:
        if ts_ms >= since:
            days[ts_ms // DAY_MS] = (ts_ms, value)
    return [days[day] for day in sorted(days)]


def days_to_full(used, size_gb):
    """Days until a disk is full at the growth of `used` [(ts_ms, GB)] in order; None where it does not grow."""
    growth = growth_of(used)
    if growth is None or growth <= 0:
        return None
    return max(0.0, size_gb - used[-1][1]) / growth


def filling(name, used, size_gb):
    """Findings of a disk: full within SOON_DAYS, or much more taken in a day than it usually is."""
    out, left = [], days_to_full(used, size_gb)
    if not used or size_gb <= 0:
        return out
    ts_ms, now = used[-1]
    if left is not None and left < SOON_DAYS:
        figures = {"disk": name, "used": 100 * now / size_gb, "growth": growth_of(used), "days": left}
        out.append(Finding("disk_full", ts_ms - SPAN_MS, ts_ms, figures))
    daily = daily_of(used)
    steps = [late - soon for (_when, soon), (_then, late) in pairwise(daily)]
    if len(steps) >= 8:
        usual = median(steps[:-1])
        wander = median(abs(step - usual) for step in steps[:-1])
        if steps[-1] > max(LEAP_TIMES * max(usual, wander), LEAP_SHARE * size_gb):
            figures = {"disk": name, "growth": steps[-1], "usual": usual}
            out.append(Finding("disk_jump", daily[-2][0], ts_ms, figures))
    return out
