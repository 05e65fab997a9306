"""Everything that can be measured, and what can be said about a reading: two tables, nothing else.

Scaled integers exist only inside a frame or a batch; before and after, a value is a float in the unit its name says.
"""

from collections import namedtuple

Channel = namedtuple("Channel", ("id", "name", "unit", "scale", "low", "high", "code"))
# scale: integer steps per unit; low, high: what the sensor can mean, in the unit; code: struct letter inside a frame.
# An id is never reused. Ids 1-32 travel in a frame's channel mask.

CHANNELS = (
    Channel(1, "temperature_c", "°C", 100, -40.0, 125.0, "h"),
    Channel(2, "humidity_pct", "%", 100, 0.0, 100.0, "h"),
    Channel(3, "current_a", "A", 1000, -2000.0, 2000.0, "i"),
    Channel(4, "current_min_a", "A", 1000, -2000.0, 2000.0, "i"),
    Channel(5, "current_max_a", "A", 1000, -2000.0, 2000.0, "i"),
    Channel(6, "current_rms_a", "A", 1000, 0.0, 2000.0, "i"),
    Channel(7, "charge_as", "A·s", 100, -7200000.0, 7200000.0, "i"),
    Channel(8, "voltage_v", "V", 100, 0.0, 1000.0, "i"),
    Channel(9, "water_supply_c", "°C", 100, -50.0, 150.0, "h"),
    Channel(10, "water_return_c", "°C", 100, -50.0, 150.0, "h"),
    Channel(11, "water_flow_lmin", "L/min", 10, 0.0, 10000.0, "i"),
    Channel(12, "power_kw", "kW", 1000, -10000.0, 10000.0, "i"),
    Channel(13, "energy_kwh", "kWh", 10, 0.0, 200000000.0, "i"),
    Channel(14, "voltage_l1_v", "V", 100, 0.0, 1000.0, "i"),
    Channel(15, "voltage_l2_v", "V", 100, 0.0, 1000.0, "i"),
    Channel(16, "voltage_l3_v", "V", 100, 0.0, 1000.0, "i"),
    Channel(17, "frequency_hz", "Hz", 100, 0.0, 300.0, "h"),
    Channel(18, "ups_battery_pct", "%", 100, 0.0, 100.0, "h"),
    Channel(19, "ups_load_pct", "%", 100, 0.0, 300.0, "h"),
    Channel(20, "ups_runtime_min", "min", 10, 0.0, 3000.0, "h"),
    Channel(21, "disk_used_pct", "%", 100, 0.0, 100.0, "h"),
    Channel(22, "disk_size_gb", "GB", 10, 0.0, 100000000.0, "i"),
    Channel(23, "uptime_h", "h", 10, 0.0, 1000000.0, "i"),
)

ELSEWHERE = range(9, 24)  # ids a gateway reads from other sources: no terminal measures them, and none keeps their rows

BY_NAME = {channel.name: channel for channel in CHANNELS}

# Bits of a reading's flags. A flag belongs to the reading; which value is bad says the value itself (None).
FLAGS = (
    (0x0001, "clock_stepped", "the clock was set by more than a second inside this window"),
    (0x0002, "time_estimated", "stamped afterwards from neighbouring known times"),
    (0x0004, "edge", "the state of the equipment changed in this window"),
    (0x0008, "aggregated", "stands for several windows, from_seq to seq"),
    (0x0010, "out_of_range", "a value was outside what its channel can mean and is kept as invalid"),
    (0x0020, "sensor_failed", "a sensor did not answer or failed its checksum"),
    (0x0040, "short_window", "the window held fewer samples than it should"),
    (0x0080, "below_range", "the current was too small to be told from none and is given as 0"),
    (0x0100, "clipped", "the current went beyond what its sensor can show: the value is a lower bound"),
    (0x0200, "stuck", "a value that always wanders a little has not moved for a long time"),
    (0x0400, "reinitialised", "a sensor had forgotten its configuration and was given it again"),
    (0x0800, "absent", "a sensor's plug is not in"),
)
CLOCK_STEPPED, TIME_ESTIMATED, EDGE, AGGREGATED, OUT_OF_RANGE, SENSOR_FAILED, SHORT_WINDOW = (
    bit for bit, _name, _meaning in FLAGS[:7]
)
BELOW_RANGE, CLIPPED, STUCK, REINITIALISED, ABSENT = (bit for bit, _name, _meaning in FLAGS[7:])

_INVALID = {"h": -0x8000, "i": -0x80000000}
_LARGEST = {"h": 0x7FFF, "i": 0x7FFFFFFF}


def to_steps(channel, value):
    """A value in the channel's unit as an integer of its steps; None, NaN and what does not fit as the invalid mark."""
    if value is None or value != value or abs(value) * channel.scale > _LARGEST[channel.code]:
        return _INVALID[channel.code]
    return int(round(value * channel.scale))


def from_steps(channel, steps):
    """The value in the channel's unit, or None for the invalid mark."""
    return None if steps == _INVALID[channel.code] else steps / channel.scale


def in_range(channel, value):
    """Whether a value is a finite number its channel can mean. NaN and infinities are not."""
    return channel.low <= value <= channel.high
