"""The collector's clock. Rules get the time as an argument; only doors, pages and commands ask here."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo


def now_ms():
    """Milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def day_at(ts_ms, zone):
    """The date of an instant in a zone, by its name."""
    return datetime.fromtimestamp(ts_ms / 1000, ZoneInfo(zone)).date()


def minutes_of(text):
    """Minutes since midnight of "HH:MM"; 24:00 is 1440; None for anything else."""
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and minute.isdigit() and len(text) <= 5 and int(minute) < 60):
        return None
    return int(hour) * 60 + int(minute)
