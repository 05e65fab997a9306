"""An AC clamp on an ADC pin: 200 ms of its voltage, the mean taken away, RMS over whole cycles.

The bias reaches the pin only through the plug (wiring.md): without it the jack is empty, which is not zero amperes.
"""

import sys
import time
from array import array

import machine

from firmware.processing import clamp
from firmware.protocol.channels import BELOW_RANGE, CLIPPED
from firmware.terminal.sensors import Unplugged

SAMPLES, EVERY_US = 1000, 200
COUNT_UV = 806  # 3.3 V in 12 bits
ENDS_UV = (100000, 3080000)  # an ESP32 reads less as nothing and bends above


class CurrentClamp:
    """One clamp: `full_scale_v` (rms) over its burden at `full_scale_a`."""

    CHANNELS = ("current_a",)
    gain, zero = 1.0, 0.0

    def __init__(self, _bus, pin, full_scale_a=100.0, full_scale_v=1.0):
        self._pin, self._a_per_count = pin, full_scale_a / full_scale_v * COUNT_UV / 1000000
        self._convert, self._ends = _converter(pin)
        self._samples = array("H", bytes(2 * SAMPLES))
        self.flags = 0

    def read(self):
        """A in the clamp by channel; `flags` says whether it is below range or clipped. Raises Unplugged."""
        self._look()
        rms, mean, clipped = clamp.swing(self._samples, self._ends)
        if not clamp.BIAS_LOW <= mean <= clamp.BIAS_HIGH:
            raise Unplugged("clamp on pin %d: no bias, its plug is not in" % self._pin)
        if rms < clamp.FLOOR:
            self.flags = BELOW_RANGE
            return {"current_a": 0.0}
        self.flags = CLIPPED if clipped else 0
        return {"current_a": max(0.0, rms * self._a_per_count * self.gain + self.zero)}

    def _look(self):
        """Fill the samples in their rhythm; a late one is taken at once and those after it wait again."""
        samples, convert, ticks_us, ticks_diff = self._samples, self._convert, time.ticks_us, time.ticks_diff
        due_us = ticks_us()
        for at in range(SAMPLES):
            while ticks_diff(due_us, ticks_us()) > 0:
                pass
            samples[at] = convert()
            due_us = time.ticks_add(due_us, EVERY_US)


def _converter(pin):
    """(what gives one conversion in 12 bits of 3.3 V, its ends): of calibrated microvolts on an ESP32, else of counts.

    Raises ValueError for a pin that has no ADC.
    """
    if sys.platform == "esp32":
        adc = machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
        return (lambda: adc.read_uv() // COUNT_UV), [end_uv // COUNT_UV for end_uv in ENDS_UV]
    adc = machine.ADC(pin)
    return (lambda: adc.read_u16() >> 4), clamp.ENDS
