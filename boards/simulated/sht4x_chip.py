"""An SHT4x, command by command. Source: Sensirion SHT4x datasheet, 4.3 to 4.8."""

import time
from errno import EIO

COMMANDS = {  # command: (ms until the answer is ready, deg C the heater adds)
    0xFD: (9, 0),
    0xF6: (5, 0),
    0xE0: (2, 0),
    0x39: (1100, 30),
    0x32: (110, 6),
    0x2F: (1100, 16),
    0x24: (110, 3),
    0x1E: (1100, 3),
    0x15: (110, 1),
}
SERIAL, RESET = 0x89, 0x94
SERIAL_WORDS = (0x0F5A, 0x1234)


def crc8(data):
    """The checksum of two bytes: polynomial 0x31, start 0xFF; of 0xBEEF it is 0x92."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


class Sht4xChip:
    """`climate()` gives what surrounds the chip, (deg C, % rH); `damaged()` whether its checksums come out wrong."""

    def __init__(self, climate, damaged):
        self._climate, self._damaged = climate, damaged
        self._answer, self._ready_s = None, 0

    def write(self, data):
        """Take a command. Raises OSError for one it does not have."""
        command, self._answer = data[0], None
        if command == RESET:
            return
        if command == SERIAL:
            self._say(SERIAL_WORDS, 0)
        elif command in COMMANDS:
            wait_ms, heat_c = COMMANDS[command]
            temperature_c, humidity_pct = self._climate()
            words = ((temperature_c + heat_c + 45) / 175, (humidity_pct + 6) / 125)
            self._say([min(65535, max(0, round(word * 65535))) for word in words], wait_ms)
        else:
            raise OSError(EIO, f"no command 0x{command:02x}")

    def _say(self, words, wait_ms):
        answer = b""
        for word in words:
            pair = bytes((word >> 8, word & 0xFF))
            answer += pair + bytes((crc8(pair) ^ (1 if self._damaged() else 0),))
        self._answer, self._ready_s = answer, time.monotonic() + wait_ms / 1000

    def read(self, count):
        """The answer, once. Raises OSError without a command before it, and while the chip still measures."""
        if self._answer is None or time.monotonic() < self._ready_s:
            raise OSError(EIO, "nothing is measured yet")
        answer, self._answer = self._answer, None
        return answer[:count] + b"\xff" * (count - len(answer))
