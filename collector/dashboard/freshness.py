"""How fresh an equipment's data is. No I/O; the time is an argument."""

import numpy as np

# What needs a person first comes first.
ORDER = ("silent", "never", "late", "live")


def ranks_of(newest_ms, settings, now_ms):
    """The places in ORDER that instants of newest readings have, an array; a negative instant is never."""
    age_s = np.maximum(0, now_ms - newest_ms) // 1000
    told = (newest_ms < 0, age_s > settings["silent_after_s"], age_s > settings["late_after_s"])
    return np.select(told, [ORDER.index(state) for state in ("never", "silent", "late")], ORDER.index("live"))


def state_of(newest_ms, settings, now_ms):
    """One of ORDER for the instant of the newest reading; None is never."""
    return ORDER[ranks_of(np.array(-1 if newest_ms is None else newest_ms), settings, now_ms)]
