"""An AC clamp on an ADC pin: 200 ms of its voltage at 5 kS/s, the mean taken away, RMS over whole cycles.

The bias reaches the pin only through the plug (wiring.md): without it the jack is empty, which is not zero amperes.
"""

import time
from array import array

import machine

from firmware.processing import clamp
from firmware.protocol.measured import BELOW_RANGE, CLIPPED
from firmware.terminal.sensors import SensorError, Unplugged

SAMPLES, STEP_US = 1000, 200
ESP32_ENDS_MV = (150, 3080)  # it says no less for nothing at all, and bends above


class CurrentClamp:
    """One clamp: `full_scale_v` (rms) over its burden at `full_scale_a`, as its plate says."""

    CHANNELS = ("current_a",)
    EVERY_MS = 1000  # one look takes a fifth of a second, and nothing else goes on meanwhile
    gain, zero = 1.0, 0.0

    def __init__(self, _bus, pin, full_scale_a=100.0, full_scale_v=1.0):
        self._pin, self._a_per_v, self.flags = pin, full_scale_a / full_scale_v, 0
        self._convert, self._divisor, self._steps_per_v, self._low, self._high = converter(pin)
        self._samples = array("H", bytes(2 * SAMPLES))

    def read(self):
        """A in the clamp by channel; `flags` says whether it is below range or clipped.

        Raises Unplugged for an empty jack, SensorError for a bias that no plugged jack has.
        """
        self.flags = 0
        self._look()
        rms, mean, clipped = clamp.swing(self._samples, self._low, self._high)
        bias_v, rms_v = mean / self._steps_per_v, rms / self._steps_per_v
        if bias_v < clamp.ABSENT_V:
            raise Unplugged("clamp on pin %d: no bias, its plug is not in" % self._pin)
        if bias_v > clamp.BIAS_MOST_V:
            raise SensorError(
                "clamp on pin %d rests at %.2f V, not at half of 3.3: see its wires" % (self._pin, bias_v)
            )
        if rms_v < clamp.FLOOR_V:
            self.flags = BELOW_RANGE
            return {"current_a": 0.0}
        if clipped:
            self.flags = CLIPPED
        return {"current_a": max(0.0, rms_v * self._a_per_v * self.gain + self.zero)}

    def _look(self):
        """Fill the samples in their rhythm; what comes late moves those after it. Nothing in here takes memory."""
        convert, divisor, samples = self._convert, self._divisor, self._samples
        ticks_us, ticks_add, ticks_diff = time.ticks_us, time.ticks_add, time.ticks_diff
        due_us = ticks_us()
        for at in range(SAMPLES):
            now_us = ticks_us()
            while ticks_diff(due_us, now_us) > 0:
                now_us = ticks_us()
            samples[at] = convert() // divisor
            due_us = ticks_add(due_us if ticks_diff(now_us, due_us) < STEP_US else now_us, STEP_US)


def converter(pin):
    """(conversion, divisor to steps, steps per V, least and most it can say): the one place where boards differ.

    An ESP32 says calibrated microvolts in steps of 1 mV; the others 12 bits of 3.3 V, spread over 16. Raises ValueError
    for a pin that has no ADC.
    """
    if hasattr(machine.ADC, "read_uv"):
        adc = machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
        return (adc.read_uv, 1000, 1000.0) + ESP32_ENDS_MV
    return machine.ADC(pin).read_u16, 16, 4095 / 3.3, 0, 4095
