"""The board's own clock, set at the start: certificates are judged by it."""

import time

FLOOR_MS = 1767225600000  # 2026-01-01: no clock of ours is right that shows an earlier day
EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0  # some ports count from 2000


def set_chip_clock(rtc, ts_ms):
    """Set it."""
    year, month, day, hour, minute, second, weekday = time.gmtime(ts_ms // 1000 - EPOCH_S)[:7]
    rtc.datetime((year, month, day, weekday, hour, minute, second, 0))
