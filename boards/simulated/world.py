"""What stands around the simulated board: the equipment's day, the clamp on its cable, plugs that can be pulled.

`simulated.json` in the terminal's folder says what is played; it is read again whenever it changes:
{"equipment": "CT", "seed": 7, "speed": 1.0, "shunt_ohm": 10.0, "full_scale_a": 150.0,
 "fixed": {"temperature_c": 23.45, "humidity_pct": 40, "current_a": 12.5, "loop_ma": 2.0, "supply_v": 24,
           "bias_v": 1.65}, "air": false,
 "held": [0], "absent": ["sht4x", "ina219", "clamp"], "damaged": ["sht4x"], "held_low": false, "brown_outs": 0,
 "clamp_full_scale_a": 100.0, "mains_hz": 50.0}
"""

import json
import math
import time
from pathlib import Path

from boards.simulated.bus import Bus
from boards.simulated.day import Day
from boards.simulated.ina219_chip import Ina219Chip
from boards.simulated.sht4x_chip import Sht4xChip

ZONE_S = 8 * 3600  # the hospital's own clock is UTC+8
SUPPLY_V = 24.0
LOOP_MOST_MA = 20.5  # a healthy transmitter saturates here (NAMUR NE 43)
SHT4X_ADDRESS, INA219_ADDRESS = 0x44, 0x40
ADC_V, ADC_MOST, BIAS_V = 3.3, 4095, 1.65  # the clamp's 1 V rms at full scale swings around the bias
LOOK_S = 0.0002  # the mains moves on so much from conversion to conversion, however busy this machine is


class World:
    """The world around one board. Raises OSError, ValueError or KeyError when its file does not say what to play."""

    def __init__(self, folder):
        self._file, self._seen, self._play = Path(folder, "simulated.json"), None, {}
        self._began_s, self._conversions = time.time(), 0
        self._ina219 = Ina219Chip(self._supply)
        self._look()

    def bus(self):
        """The bus with both chips on it."""
        bus = Bus(self._held_low, self._clamp, self._air)
        sht4x = Sht4xChip(self._climate, lambda: "sht4x" in self._play.get("damaged", ()))
        bus.attach(SHT4X_ADDRESS, sht4x, lambda: self._plugged("sht4x"))
        bus.attach(INA219_ADDRESS, self._ina219, lambda: self._plugged("ina219"))
        return bus

    def _look(self):
        """Read the file if it changed; a half-written one counts when it is whole."""
        stat = self._file.stat()
        seen = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if seen == self._seen:
            return
        try:
            play = json.loads(self._file.read_text())
        except ValueError:
            if self._seen is None:
                raise
            return
        self._day = Day(play["equipment"], play["seed"])
        if play.get("brown_outs", 0) != self._play.get("brown_outs", 0):
            self._ina219.reset()
        self._seen, self._play = seen, play

    def _held_low(self):
        self._look()
        return self._play.get("held_low", False)

    def _air(self):
        self._look()
        return self._play.get("air", True)

    def _clamp(self, _pin):
        """12 bits of the clamp's voltage around its bias; an empty jack leaves the pin at ground."""
        if not self._plugged("clamp"):
            return 0
        if self._conversions % 200 == 0:
            now = self._now()
            self._clamp_v = now["current_a"] / self._play.get("clamp_full_scale_a", 100.0) * math.sqrt(2)
            self._bias_v = now.get("bias_v", BIAS_V)
        self._conversions += 1
        angle = 2 * math.pi * self._play.get("mains_hz", 50.0) * self._conversions * LOOK_S
        volts = self._bias_v + self._clamp_v * math.sin(angle)
        return min(ADC_MOST, max(0, round(volts / ADC_V * ADC_MOST)))

    def _plugged(self, sensor):
        self._look()
        return sensor not in self._play.get("absent", ())

    def _now(self):
        """(A, deg C, % rH) at this moment of the equipment's day, fixed values first."""
        since_s = (time.time() - self._began_s) * self._play.get("speed", 1.0)
        names = ("current_a", "temperature_c", "humidity_pct")
        played = dict(zip(names, self._day.at(self._began_s + ZONE_S + since_s), strict=True))
        return {**played, **self._play.get("fixed", {})}

    def _climate(self):
        """(deg C, % rH) around the climate sensor."""
        now = self._now()
        return now["temperature_c"], now["humidity_pct"]

    def _supply(self):
        """(V across the shunt, V of the loop): what a 4-20 mA clamp transmitter drives through the shunt."""
        now = self._now()
        clamp_ma = min(LOOP_MOST_MA, 4 + 16 * now["current_a"] / self._play.get("full_scale_a", 150.0))
        shunt_v = now.get("loop_ma", clamp_ma) / 1000 * self._play.get("shunt_ohm", 10.0)
        return shunt_v, now.get("supply_v", SUPPLY_V) - shunt_v
