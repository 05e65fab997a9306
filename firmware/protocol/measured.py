"""What a terminal measures, and the bits it says of a reading: as much of channels.py as a board has memory for.

Scaled integers exist only inside a frame or a batch; before and after, a value is a float in the unit its name says.
"""

from collections import namedtuple

Channel = namedtuple("Channel", ("id", "name", "unit", "scale", "low", "high", "code"))
# scale: integer steps per unit; low, high: what the sensor can mean, in the unit; code: struct letter inside a frame.
# An id is never reused. Ids 1-32 can travel in a frame's channel mask; whole numbers here take a board no memory.

MEASURED = (
    Channel(1, "temperature_c", "°C", 100, -40, 125, "h"),
    Channel(2, "humidity_pct", "%", 100, 0, 100, "h"),
    Channel(3, "current_a", "A", 1000, -2000, 2000, "i"),
    Channel(4, "current_min_a", "A", 1000, -2000, 2000, "i"),
    Channel(5, "current_max_a", "A", 1000, -2000, 2000, "i"),
    Channel(6, "current_rms_a", "A", 1000, 0, 2000, "i"),
    Channel(7, "charge_as", "A·s", 100, -7200000, 7200000, "i"),
    Channel(8, "voltage_v", "V", 100, 0, 1000, "i"),
)

# Bits of a reading's flags; what each means stands in channels.py.
CLOCK_STEPPED = 0x0001
TIME_ESTIMATED = 0x0002
EDGE = 0x0004
AGGREGATED = 0x0008
OUT_OF_RANGE = 0x0010
SENSOR_FAILED = 0x0020
SHORT_WINDOW = 0x0040
BELOW_RANGE = 0x0080
CLIPPED = 0x0100
STUCK = 0x0200
REINITIALISED = 0x0400
ABSENT = 0x0800

INVALID = {"h": -0x8000, "i": -0x80000000}
_LARGEST = {"h": 0x7FFF, "i": 0x7FFFFFFF}


def to_steps(channel, value):
    """A value in the channel's unit as an integer of its steps; None, NaN and what does not fit as the invalid mark."""
    if value is None or value != value or abs(value) * channel.scale > _LARGEST[channel.code]:
        return INVALID[channel.code]
    return int(round(value * channel.scale))
