"""A file per sensor, each with read(); fitting.py makes those an identity names.

After read(), `flags` says of that look what its values cannot. A current's `gain` and `zero` are the unit's own.
"""

from firmware.protocol.measured import ABSENT, SENSOR_FAILED


class SensorError(Exception):
    """A fitted sensor did not answer, failed its checksum, or says itself that it is broken. The text says which."""

    flags = SENSOR_FAILED


class Unplugged(SensorError):
    """The plug of a sensor is not in: nothing is wrong with it, and nothing is measured."""

    flags = ABSENT
