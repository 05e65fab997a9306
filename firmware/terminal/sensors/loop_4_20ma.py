"""A clamp transmitter on a 4-20 mA loop, read as the voltage over an INA219's shunt."""

import time

from firmware.protocol.measured import CLIPPED
from firmware.terminal.sensors import SensorError
from firmware.terminal.sensors.ina219 import Ina219

BROKEN_MA, FAULT_MA = 3.6, 21.0  # NAMUR NE 43: at or beyond these the loop speaks of itself, not of the equipment
FULL_MA = 20.45  # from 20.5 mA on a transmitter shows no more
HOLD_MS = 4000  # for so long a loop may look broken before it is called so
ZERO_MA, SPAN_MA = 4.0, 16.0


class Loop:
    """One transmitter: 4 mA is no current, 20 mA is full_scale_a. With `voltage` its supply is measured too."""

    CHANNELS = ("current_a",)
    gain, zero = 1.0, 0.0

    def __init__(self, bus, address=0x40, shunt_ohm=10.0, full_scale_a=100.0, voltage=False):
        self._meter, self._shunt_ohm, self._full_scale_a = Ina219(bus, address, shunt_ohm), shunt_ohm, full_scale_a
        self._doubted_ms, self.flags = None, 0
        if voltage:
            self.CHANNELS = ("current_a", "voltage_v")

    @property
    def reinitialised(self):
        """How often the meter's configuration had to be given again."""
        return self._meter.reinitialised

    def read(self):
        """A in the clamp by channel. Raises SensorError for a loop that has looked broken for 4 s.

        Before that such a look is no look: its current is None, neither the last good one nor zero.
        """
        shunt_v, bus_v = self._meter.volts()
        loop_ma, self.flags = shunt_v / self._shunt_ohm * 1000, self._meter.flags
        values = {"current_a": self._current(loop_ma)}
        if len(self.CHANNELS) > 1:
            values["voltage_v"] = bus_v + shunt_v
        return values

    def _current(self, loop_ma):
        if BROKEN_MA < loop_ma < FAULT_MA:
            self._doubted_ms = None
            if loop_ma > FULL_MA:
                self.flags |= CLIPPED
            return max(0.0, (loop_ma - ZERO_MA) / SPAN_MA * self._full_scale_a * self.gain + self.zero)
        now_ms = time.ticks_ms()
        if self._doubted_ms is None:
            self._doubted_ms = now_ms
        if time.ticks_diff(now_ms, self._doubted_ms) >= HOLD_MS:
            raise SensorError("4-20 mA loop carries %.2f mA: look at its wire and its transmitter" % loop_ma)
        return None
