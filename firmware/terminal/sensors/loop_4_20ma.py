"""A clamp transmitter on a 4-20 mA loop, read as the voltage over an INA219's shunt."""

from firmware.terminal.sensors import SensorError
from firmware.terminal.sensors.ina219 import Ina219

BROKEN_MA, FAULT_MA = 3.6, 21.0  # NAMUR NE 43: at or beyond these the loop speaks of itself, not of the equipment
ZERO_MA, SPAN_MA = 4.0, 16.0


class Loop:
    """One transmitter: 4 mA is no current, 20 mA is full_scale_a."""

    CHANNELS = ("current_a",)

    def __init__(self, bus, address=0x40, shunt_ohm=10.0, full_scale_a=100.0):
        self._meter, self._full_scale_a = Ina219(bus, address, shunt_ohm), full_scale_a

    def read(self):
        """A in the clamp by channel. Raises SensorError for a broken loop or a transmitter that reports a fault."""
        loop_ma = self._meter.read()["current_a"] * 1000
        if not BROKEN_MA < loop_ma < FAULT_MA:
            raise SensorError("4-20 mA loop carries %.2f mA: look at its wire and its transmitter" % loop_ma)
        return {"current_a": max(0.0, (loop_ma - ZERO_MA) / SPAN_MA * self._full_scale_a)}
