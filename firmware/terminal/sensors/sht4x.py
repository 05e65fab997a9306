"""SHT4x: temperature and humidity of the air, through Adafruit's driver."""

import adafruit_sht4x

from firmware.terminal.sensors import SensorError

for _name in ("serial_number", "mode", "temperature", "relative_humidity"):
    setattr(adafruit_sht4x.SHT4x, _name, None)  # what the driver has for others gives its memory to readings


class Sht4x:
    """One chip; found again by itself after it was unplugged."""

    CHANNELS = ("temperature_c", "humidity_pct")
    flags = 0
    NOHEAT_HIGHPRECISION, delay = 0xFD, {0xFD: 0.01}  # the one of the driver's modes that is used, and its seconds

    def __init__(self, bus, address=0x44):
        self._bus, self._address, self._chip = bus, address, None

    def read(self):
        """Deg C and % rH by channel. Raises SensorError: no answer, wrong checksum. Source: SHT4x datasheet, 4.6."""
        try:
            if self._chip is None:
                self._chip = adafruit_sht4x.SHT4x(self._bus, self._address)
            temperature_c, humidity_pct = self._chip.measurements
            return {"temperature_c": temperature_c, "humidity_pct": humidity_pct}
        except (OSError, ValueError, RuntimeError) as error:  # no answer, no chip when made, wrong checksum
            self._chip = None
            raise SensorError("sht4x at 0x%02x: %s" % (self._address, error))


adafruit_sht4x.Mode, adafruit_sht4x.CV = Sht4x, None  # here the driver looks for them; the other eight go
