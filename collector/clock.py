"""The collector's clock. Rules get the time as an argument; only doors, pages and commands ask here."""

import time


def now_ms():
    """Milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000
