"""An INA219, register by register. Source: TI INA219 data sheet SBOS448, 8.5 and 8.6."""

CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION = range(6)
CONFIG_AT_RESET = 0x399F  # 32 V, gain /8, 12 bits, shunt and bus continuously
FULL_SCALE = (4000, 8000, 16000, 32000)  # steps of 10 uV at gain /1, /2, /4, /8
MODE_SHUNT, MODE_BUS = 0x1, 0x2


class Ina219Chip:
    """`supply()` gives what lies at its pins: (volts across the shunt, volts of the bus)."""

    def __init__(self, supply):
        self._supply, self._pointer = supply, 0
        self.reset()

    def reset(self):
        """What power-up does, and the reset bit."""
        self._registers = [CONFIG_AT_RESET, 0, 0, 0, 0, 0]
        self._ready = self._overflow = 0

    def write(self, data):
        """Set the pointer and, with two bytes more, a register; only configuration and calibration can be written."""
        self._pointer = data[0]
        if len(data) < 3:
            return
        value = data[1] << 8 | data[2]
        if self._pointer == CONFIG and value & 0x8000:
            self.reset()
        elif self._pointer == CONFIG:
            self._registers[CONFIG], self._ready = value, 0
        elif self._pointer == CALIBRATION:
            self._registers[CALIBRATION] = value & 0xFFFE

    def read(self, count):
        """The register the pointer stands on, high byte first; addresses past the last read as ones."""
        self._convert()
        value = self._registers[self._pointer] if self._pointer < 6 else 0xFFFF
        if self._pointer == BUS:
            value = value << 3 | self._ready << 1 | self._overflow
        elif self._pointer == POWER:
            self._ready = 0
        return bytes((value >> 8 & 0xFF, value & 0xFF))[:count] + b"\xff" * max(0, count - 2)

    def _convert(self):
        """One conversion of what the mode asks for, and the arithmetic of the data sheet on it."""
        registers, mode = self._registers, self._registers[CONFIG] & 0x7
        if not mode & (MODE_SHUNT | MODE_BUS):
            return
        shunt_v, bus_v = self._supply()
        if mode & MODE_SHUNT:
            most = FULL_SCALE[registers[CONFIG] >> 11 & 0x3]
            registers[SHUNT] = min(most, max(-most, round(shunt_v / 0.00001)))
        if mode & MODE_BUS:
            registers[BUS] = min(8000, max(0, round(bus_v / 0.004)))
        current = registers[SHUNT] * registers[CALIBRATION] // 4096
        power = abs(current) * registers[BUS] // 5000
        self._overflow = int(abs(current) > 0x7FFF or power > 0xFFFF)
        registers[CURRENT], registers[POWER] = current, power & 0xFFFF
        if self._pointer != POWER:
            self._ready = 1
