"""How fresh an equipment's data is. No I/O; the time is an argument."""

# What needs a person first comes first.
ORDER = ("silent", "never", "late", "live")


def state_of(age_s, late_after_s, silent_after_s):
    """One of ORDER for the age of the newest reading in seconds; None is never."""
    if age_s is None:
        return "never"
    if age_s > silent_after_s:
        return "silent"
    return "late" if age_s > late_after_s else "live"
