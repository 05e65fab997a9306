"""INA219: a current through a shunt and the voltage behind it, through Adafruit's driver."""

import sys
import time

import adafruit_ina219

from firmware.protocol.measured import REINITIALISED
from firmware.terminal import forget
from firmware.terminal.sensors import SensorError

AVERAGED = 0x0F  # 128 conversions in 68 ms, against the ripple of the mains; a chip that lost its power says 0x03
READY_MS = 140  # shunt and bus, once each

UNUSED = ("current", "power", "raw_current", "raw_power", "overflow", "conversion_ready", "reset")
UNUSED += tuple(["set_calibration_" + name for name in ("32V_1A", "16V_400mA", "16V_5A", "16V_80mA", "16V_4mA")])
for _name in UNUSED:  # what the driver has for others gives its memory to readings; a deleted entry would hold it
    setattr(adafruit_ina219.INA219, _name, None)
sys.modules["adafruit_register.i2c_struct"].Struct = adafruit_ina219.ROBit = None
for _name in ("", ".i2c_bits", ".i2c_struct"):
    sys.modules["adafruit_register" + _name]._fit = None  # registers are made at the import, all of them
adafruit_ina219.RWBits.__init__ = adafruit_ina219.UnaryStruct.__init__ = None
forget(("adafruit_register.i2c_bit",))
del UNUSED


class Ina219:
    """One chip with its own shunt; found again by itself after it was unplugged or lost its power.

    `reinitialised` counts how often its configuration had to be given again.
    """

    CHANNELS = ("current_a", "voltage_v")
    gain, zero = 1.0, 0.0
    # of the driver's tables what it uses itself
    RANGE_32V, DIV_8_320MV, ADCRES_12BIT_1S, SANDBVOLT_CONTINUOUS = 1, 3, 3, 7

    def __init__(self, bus, address=0x40, shunt_ohm=0.1):
        self._bus, self._address, self._chip = bus, address, None
        self._shunt_ohm = shunt_ohm
        self.flags = self.reinitialised = 0

    def read(self):
        """A through the shunt and V of the bus by channel. Raises SensorError. Source: INA219 data sheet, 8.6.3.1.

        The shunt's voltage needs no calibration and keeps its steps of 10 uV over a brown-out of the chip, so the
        current is made of it and not read from the chip's own current register.
        """
        shunt_v, bus_v = self.volts()
        return {"current_a": shunt_v / self._shunt_ohm * self.gain + self.zero, "voltage_v": bus_v}

    def volts(self):
        """(V across the shunt, V of the bus), the chip's configuration proved before. Raises SensorError."""
        self.flags = 0
        try:
            if self._chip is None:
                self._chip = adafruit_ina219.INA219(self._bus, self._address)
                self._configure()
            elif self._chip.shunt_adc_resolution != AVERAGED:
                self._configure()
                self.reinitialised += 1
                self.flags = REINITIALISED
            return self._chip.shunt_voltage, self._chip.bus_voltage
        except (OSError, ValueError) as error:  # no answer; no chip when made
            self._chip = None
            raise SensorError("ina219 at 0x%02x: %s" % (self._address, error))

    def _configure(self):
        self._chip.set_calibration_32V_2A()
        self._chip.bus_adc_resolution = self._chip.shunt_adc_resolution = AVERAGED
        time.sleep_ms(READY_MS)


for _name in ("BusVoltageRange", "Gain", "ADCResolution", "Mode"):
    setattr(adafruit_ina219, _name, Ina219)  # here the driver looks for them; its own tables go
