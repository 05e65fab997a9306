"""What is checked of a reading before it is kept. Rules without I/O; nothing is dropped, neighbours are unharmed."""

from firmware.protocol.channels import BY_NAME, OUT_OF_RANGE, in_range

FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
AHEAD_MS = 86_400_000


def check(reading, now_ms):
    """(the reading as it is to be kept, codes of what was wrong with it). `now_ms`: a proved time, or None."""
    bad = [name for name, value in reading.values.items() if value is not None and not in_range(BY_NAME[name], value)]
    codes = ["value_out_of_range"] * len(bad)
    if not time_plausible(reading.ts_ms, now_ms):
        codes.append("time_implausible")
    if bad:
        values = {name: None if name in bad else value for name, value in reading.values.items()}
        reading = reading._replace(values=values, flags=reading.flags | OUT_OF_RANGE)
    return reading, codes


def time_plausible(ts_ms, now_ms):
    """Whether an instant can be a reading's: not before 2020, not more than a day ahead of a proved clock."""
    return ts_ms >= FIRST_MS and (now_ms is None or ts_ms <= now_ms + AHEAD_MS)
