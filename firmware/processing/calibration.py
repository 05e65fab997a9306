"""Two points of a unit's own calibration -> the straight line through them."""

LEAST_GAIN, MOST_GAIN = 0.5, 2.0


def line(points):
    """(gain, zero): true = measured * gain + zero. `points`: two of [measured, true]. Raises ValueError."""
    try:
        (low, low_true), (high, high_true) = points
        gain = (high_true - low_true) / (high - low)
        zero = low_true - low * gain
    except (TypeError, ValueError):
        raise ValueError("calibration is %r; it is [[measured, true], [measured, true]] in numbers" % (points,))
    except ZeroDivisionError:
        raise ValueError("calibration has measured %r twice; measure two points that lie apart" % (low,))
    if not LEAST_GAIN <= gain <= MOST_GAIN:
        raise ValueError("calibration makes a gain of %r; it may be %s to %s" % (gain, LEAST_GAIN, MOST_GAIN))
    return gain, zero
