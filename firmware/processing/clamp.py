"""An AC clamp's samples -> amperes. Whole cycles are cut at zero crossings: the result does not breathe with phase.

A clamp's voltage swings around half the supply (the bias). With nothing plugged in the bias is missing: that is
"absent", not zero. A swing below what the converter can tell is "below range", not zero either.
"""

import math
from collections import namedtuple

Swing = namedtuple("Swing", ("rms", "bias", "peak", "cycles", "clipped"))
# all in counts of the converter; cycles 0: no zero crossing was found, the rms is that of all samples

Amperes = namedtuple("Amperes", ("current_a", "state"))
# state: "ok", "absent", "clipped" (a lower bound), "below_range" (current_a is 0.0)

ADC_MAX = 4095
CLIP = 8  # counts from either end that count as clipped
BIAS_LOW, BIAS_HIGH = 0.25, 0.75  # of full scale: outside, no bias has reached the pin
BELOW_RANGE = 3.0  # rms counts: quantisation and noise alone make this much


def swing(samples):
    """What a window of counts (0 to ADC_MAX) shows. Needs at least one sample."""
    count, total = len(samples), 0
    low = high = samples[0]
    for value in samples:
        total += value
        if value < low:
            low = value
        elif value > high:
            high = value
    bias = total / count
    first, last, cycles = _crossings(samples, bias, max(2.0, (high - low) * 0.1))
    clipped = low < CLIP or high > ADC_MAX - CLIP
    if cycles < 1:
        return Swing(_rms(samples, 0, count, bias, count), bias, (high - low) / 2, 0, clipped)
    begin, end, length = int(first) + 1, int(last) + 1, last - first
    inner = 0
    for at in range(begin, end):
        inner += samples[at]
    bias = inner / (end - begin)
    return Swing(_rms(samples, begin, end, bias, length), bias, (high - low) / 2, cycles, clipped)


def _crossings(samples, bias, hysteresis):
    """(where the first and the last rising crossing lie, in samples with fraction; whole cycles between them)."""
    first = last = 0.0
    found, armed = 0, False
    before = samples[0]
    for at in range(1, len(samples)):
        value = samples[at]
        if value < bias - hysteresis:
            armed = True
        elif armed and value >= bias and before < bias:
            last = at - 1 + (bias - before) / (value - before)
            if not found:
                first = last
            found += 1
            armed = False
        before = value
    return first, last, found - 1


def _rms(samples, begin, end, bias, length):
    squares = 0.0
    for at in range(begin, end):
        away = samples[at] - bias
        squares += away * away
    return math.sqrt(squares / length)


def amperes(found, amperes_per_count, gain=1.0, zero_a=0.0):
    """Amperes of a Swing by the clamp's scale and the unit's two-point calibration (gain, zero)."""
    if not BIAS_LOW * ADC_MAX < found.bias < BIAS_HIGH * ADC_MAX:
        return Amperes(None, "absent")
    if found.rms < BELOW_RANGE:
        return Amperes(0.0, "below_range")
    value = max(0.0, found.rms * amperes_per_count * gain + zero_a)
    return Amperes(value, "clipped" if found.clipped else "ok")
