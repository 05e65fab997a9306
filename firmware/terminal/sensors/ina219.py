"""INA219: a current through a shunt and the voltage behind it, through Adafruit's driver."""

import adafruit_ina219

from firmware.terminal.sensors import SensorError


class Ina219:
    """One chip with its own shunt; found again by itself after it was unplugged."""

    CHANNELS = ("current_a", "voltage_v")

    def __init__(self, bus, address=0x40, shunt_ohm=0.1):
        self._bus, self._address, self._chip = bus, address, None
        self._shunt_ohm = shunt_ohm

    def read(self):
        """A through the shunt and V of the bus by channel. Raises SensorError. Source: INA219 data sheet, 8.6.3.1.

        The shunt's voltage needs no calibration and keeps its steps of 10 uV over a brown-out of the chip, so the
        current is made of it and not read from the chip's own current register.
        """
        try:
            if self._chip is None:
                self._chip = adafruit_ina219.INA219(self._bus, self._address)
            return {
                "current_a": self._chip.shunt_voltage / self._shunt_ohm,
                "voltage_v": self._chip.bus_voltage,
            }
        except (OSError, ValueError) as error:  # no answer; no chip when made
            self._chip = None
            raise SensorError("ina219 at 0x%02x: %s" % (self._address, error))
