"""An AC clamp's samples -> its RMS over whole cycles: the result does not breathe with phase or frequency.

Samples are whole numbers up to 4095 (a converter's counts, or millivolts). Sums over them are whole numbers within the
31 bits a board keeps without memory; single precision comes in when they are done.
"""

from math import sqrt

ABSENT_V, BIAS_MOST_V = 0.8, 2.5  # half of 3.3 V rests between: below, no plug is in; above, a wire is wrong
FLOOR_V = 0.005  # rms: twice what a converter of 8.7 effective bits makes by itself
CLIP_MARGIN = 2  # steps from either end of the converter that count as beyond it
SQUARES_MOST = 1 << 29  # a sum of squares moves on before it leaves 31 bits: one more square of 4095 has 24


def swing(samples, low, high):
    """(rms, mean, clipped) of at least one evenly spaced sample, in their steps.

    `low` and `high` are the ends of what the converter can say. Without one whole cycle the rms is that of all samples.
    """
    count, least, most = len(samples), min(samples), max(samples)
    middle = (sum(samples) + count // 2) // count
    clipped = least < low + CLIP_MARGIN or most > high - CLIP_MARGIN
    first, last = _crossings(samples, middle, (most - least) // 8)
    if last > first:
        rms, mean = _rms(samples, int(first) + 1, int(last) + 1, middle, last - first)
    else:
        rms, mean = _rms(samples, 0, count, middle, count)
    return rms, mean, clipped


def _crossings(samples, middle, reach):
    """Where the first and the last rising crossing lie, in samples with fraction; twice the same when there is one.

    What counts is the way from `reach` below the middle to `reach` above it, a quarter of a sine's amplitude: there a
    wave is steep, while at the middle a rectifier's current lies flat between its pulses.
    """
    low, high = middle - reach, middle + reach + 1
    first = last = 0.0
    before, found, armed = samples[0], False, samples[0] < low
    for at in range(1, len(samples)):
        value = samples[at]
        if value < low:
            armed = True
        elif armed and value >= high:
            last = at - (value - high) / (value - before)
            if not found:
                first, found = last, True
            armed = False
        before = value
    return first, last


def _rms(samples, begin, end, middle, length):
    """(rms around their own mean, this mean) of samples[begin:end], which last `length` samples with fraction."""
    total = part = 0
    squares = 0.0
    for at in range(begin, end):
        away = samples[at] - middle
        total += away
        part += away * away
        if part > SQUARES_MOST:
            squares = part + squares
            part = 0
    mean = total / (end - begin)
    return sqrt(max(0.0, (part + squares) / length - mean * mean)), middle + mean
