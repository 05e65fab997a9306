"""An AC clamp's samples -> its RMS. Whole cycles are cut at zero crossings: the result does not breathe with phase.

Counts are 12 bits. Sums run in small integers, a few samples at a time: boards count in single precision, and a larger
number would cost them memory.
"""

from math import sqrt

MOST = 4095
ENDS = (8, MOST - 8)  # counts beyond which a swing counts as clipped
BIAS_LOW, BIAS_HIGH = 1024, 3071  # a mean outside: no bias has reached the pin, so no plug is in
FLOOR = 3.0  # rms counts that quantisation and noise make by themselves
AT_ONCE = 32  # samples whose squares stay below 2**30


def swing(samples, ends=ENDS):
    """(rms, mean, clipped) in counts of at least one sample; `ends`: what the converter can be trusted between."""
    total, low, high = 0, samples[0], samples[0]
    for value in samples:
        total += value
        if value < low:
            low = value
        elif value > high:
            high = value
    count = len(samples)
    clipped = low < ends[0] or high > ends[1]
    first, last = _crossings(samples, total / count, max(2.0, (high - low) * 0.1))
    if last <= first:  # not one whole cycle: what there is
        return _rms(samples, 0, count, total // count, count), total / count, clipped
    return _rms(samples, int(first) + 1, int(last) + 1, total // count, last - first), total / count, clipped


def _crossings(samples, bias, hysteresis):
    """Where the first and the last rising crossing lie, in samples with fraction; twice the same when there is one."""
    first = last = 0.0
    found = armed = False
    below, before = int(bias - hysteresis), samples[0]
    for at in range(1, len(samples)):
        value = samples[at]
        if value < below:
            armed = True
        elif armed and value >= bias > before:
            last = at - 1 + (bias - before) / (value - before)
            if not found:
                first, found = last, True
            armed = False
        before = value
    return first, last


def _rms(samples, begin, end, about, length):
    """RMS around the mean of samples[begin:end], which fill `length` samples of time; `about` is near that mean."""
    squares = away = 0.0
    for start in range(begin, end, AT_ONCE):
        part_squares = part_away = 0
        for at in range(start, min(start + AT_ONCE, end)):
            one = samples[at] - about
            part_away += one
            part_squares += one * one
        squares += part_squares
        away += part_away
    return sqrt(max(0.0, squares - away * away / (end - begin)) / length)
