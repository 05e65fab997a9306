"""What says nothing new, and what cannot be: a deadband, and the arithmetic of a spike. Both Pythons."""


def changed(before, after, deadband):
    """Whether a value left the band around what was sent before; to become invalid or valid again is a change too."""
    if before is None or after is None:
        return before is not after
    return abs(after - before) > deadband


def is_spike(before, value, after, leap):
    """Whether a value leapt away and back. A leap that stays, nearer to what follows than to what was, is real."""
    return abs(value - before) >= leap and abs(after - value) > abs(after - before)
