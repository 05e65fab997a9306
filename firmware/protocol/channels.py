"""Everything that can be measured, and what can be said about a reading: two tables, nothing else.

What a terminal needs of them stands in measured.py; this file no board loads.
"""

from firmware.protocol.measured import (
    ABSENT,
    AGGREGATED,
    BELOW_RANGE,
    CLIPPED,
    CLOCK_STEPPED,
    EDGE,
    MEASURED,
    OUT_OF_RANGE,
    REINITIALISED,
    SENSOR_FAILED,
    SHORT_WINDOW,
    STUCK,
    TIME_ESTIMATED,
    Channel,
)

CHANNELS = MEASURED + (  # the rest is what a gateway reads from other sources
    Channel(9, "water_supply_c", "°C", 100, -50, 150, "h"),
    Channel(10, "water_return_c", "°C", 100, -50, 150, "h"),
    Channel(11, "water_flow_lmin", "L/min", 10, 0, 10000, "i"),
    Channel(12, "power_kw", "kW", 1000, -10000, 10000, "i"),
    Channel(13, "energy_kwh", "kWh", 10, 0, 200000000, "i"),
    Channel(14, "voltage_l1_v", "V", 100, 0, 1000, "i"),
    Channel(15, "voltage_l2_v", "V", 100, 0, 1000, "i"),
    Channel(16, "voltage_l3_v", "V", 100, 0, 1000, "i"),
    Channel(17, "frequency_hz", "Hz", 100, 0, 300, "h"),
    Channel(18, "ups_battery_pct", "%", 100, 0, 100, "h"),
    Channel(19, "ups_load_pct", "%", 100, 0, 300, "h"),
    Channel(20, "ups_runtime_min", "min", 10, 0, 3000, "h"),
    Channel(21, "disk_used_pct", "%", 100, 0, 100, "h"),
    Channel(22, "disk_size_gb", "GB", 10, 0, 100000000, "i"),
    Channel(23, "uptime_h", "h", 10, 0, 1000000, "i"),
)

BY_NAME = {channel.name: channel for channel in CHANNELS}

SPIKE = 0x1000  # said by a gateway only

# A flag belongs to the reading; which value is bad says the value itself (None).
FLAGS = (
    (CLOCK_STEPPED, "clock_stepped", "the clock was set by more than a second inside this window"),
    (TIME_ESTIMATED, "time_estimated", "stamped afterwards from neighbouring known times"),
    (EDGE, "edge", "the state of the equipment changed in this window"),
    (AGGREGATED, "aggregated", "stands for several windows, from_seq to seq"),
    (OUT_OF_RANGE, "out_of_range", "a value was outside what its channel can mean and is kept as invalid"),
    (SENSOR_FAILED, "sensor_failed", "a sensor did not answer or failed its checksum"),
    (SHORT_WINDOW, "short_window", "the window held fewer samples than it should"),
    (BELOW_RANGE, "below_range", "the current was too small to be told from none and is given as 0"),
    (CLIPPED, "clipped", "the current went beyond what its sensor can show: the value is a lower bound"),
    (STUCK, "stuck", "a value that always wanders a little has not moved for a long time"),
    (REINITIALISED, "reinitialised", "a sensor had forgotten its configuration and was given it again"),
    (ABSENT, "absent", "a sensor's plug is not in"),
    (SPIKE, "spike", "a value leapt away and back within one window and is kept as invalid"),
)


def in_range(channel, value):
    """Whether a value is a finite number its channel can mean. NaN and infinities are not."""
    return channel.low <= value <= channel.high
