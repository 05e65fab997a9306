"""Sensors made as an identity names them. Needed at the start only; a sensor's code is loaded when it is fitted."""

KINDS = {"sht4x": "Sht4x", "ina219": "Ina219", "loop_4_20ma": "Loop", "current_clamp": "CurrentClamp"}


def fit(bus, wanted):
    """The sensor of an identity's entry, {"kind": ..., "address": ...}. Raises ValueError naming what is wrong."""
    options = dict(wanted)
    kind, calibration = options.pop("kind", None), options.pop("calibration", None)
    if kind not in KINDS:
        raise ValueError("sensor kind %r is none of %s" % (kind, ", ".join(sorted(KINDS))))
    for name, value in options.items():
        if name == "voltage" and isinstance(value, bool):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
            raise ValueError("sensor %s: %s is %r; it is a number above 0" % (kind, name, value))
    module = __import__("firmware.terminal.sensors." + kind, None, None, ("*",))
    try:
        sensor = getattr(module, KINDS[kind])(bus, **options)
        if calibration is not None:
            _calibrate(sensor, calibration)
    except (TypeError, ValueError) as error:
        raise ValueError("sensor %s: %s" % (kind, error))
    return sensor


def _calibrate(sensor, points):
    from firmware.processing.calibration import line

    if "current_a" not in sensor.CHANNELS:
        raise ValueError("only a current is calibrated here")
    sensor.gain, sensor.zero = line(points)
