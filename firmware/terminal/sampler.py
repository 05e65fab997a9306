"""Looks at the sensors in their rhythm and makes one reading of each window."""

from firmware.processing.window import CHANNELS as CURRENT_CHANNELS
from firmware.processing.window import Window
from firmware.protocol.measured import CLOCK_STEPPED, EDGE, SHORT_WINDOW, STUCK
from firmware.terminal.sensors import SensorError

ENOUGH = 0.8  # of the samples a window should hold


class Sampler:
    """Sensors that measure a current are looked at every `sample_every_ms`, the others once per window.

    One whose look takes long may ask for more time between: EVERY_MS. Raises ValueError when two measure the same.
    """

    def __init__(self, sensors, settings, now_ms):
        self._steady = [sensor for sensor in sensors if "current_a" in sensor.CHANNELS]
        self._slow = [sensor for sensor in sensors if "current_a" not in sensor.CHANNELS]
        self._window_ms, self._every_ms = int(settings["window_s"] * 1000), settings["sample_every_ms"]
        for sensor in self._steady:
            self._every_ms = max(self._every_ms, getattr(sensor, "EVERY_MS", 0))
        self._stuck_ms, self._moved = int(settings["stuck_s"] * 1000), {}
        self._edge_a, self._level_a = settings["edge_a"], None
        self.channels = set()  # what a reading can hold
        for sensor in sensors:
            for name in sensor.CHANNELS:
                if name in self.channels:
                    raise ValueError("two sensors measure %s; a terminal has one for each channel" % name)
                self.channels.add(name)
        if self._steady:
            self.channels.update(CURRENT_CHANNELS)
        self.told = None  # what the sensors last complained of
        self.failures = 0  # looks that gave nothing
        self._open(now_ms)

    def reinitialised(self):
        """How often sensors had to be set up again since the start."""
        return sum([getattr(sensor, "reinitialised", 0) for sensor in self._steady + self._slow])

    def _open(self, start_ms):
        self._start_ms, self._last_ms, self._due_ms = start_ms, start_ms, start_ms + self._every_ms
        self._window, self._others, self._flags = Window(), {}, 0

    def poll(self, now_ms, clock_stepped=False):
        """(start of the window in uptime ms, values, flags) when a window is over, else None. `now_ms` is uptime."""
        if now_ms >= self._due_ms:
            for sensor in self._steady:
                self._sample(sensor, now_ms)
            self._last_ms = now_ms
            self._due_ms = max(self._due_ms + self._every_ms, now_ms + self._every_ms // 2)
        if now_ms < self._start_ms + self._window_ms:
            return None
        return self._close(now_ms, clock_stepped)

    def _sample(self, sensor, now_ms):
        values = self._read(sensor)
        current_a = values.pop("current_a")
        if current_a is not None:
            self._window.add(current_a, (now_ms - self._last_ms) / 1000)
        self._others.update(values)

    def _read(self, sensor):
        """What a sensor says by channel; each None, and the window marked, when it cannot be believed."""
        try:
            values = sensor.read()
            self._flags |= sensor.flags
            return values
        except SensorError as error:
            self._flags |= error.flags
            self.failures += 1
            self.told = str(error)
            return dict.fromkeys(sensor.CHANNELS)

    def _close(self, now_ms, clock_stepped):
        values = {}
        for sensor in self._slow:
            values.update(self._read(sensor))
        values.update(self._others)
        if self._steady:
            values.update(self._window.values())
        flags = self._flags | (CLOCK_STEPPED if clock_stepped else 0) | self._stuck(values, now_ms)
        flags |= self._edge(values.get("current_a"))
        if self._steady and self._window.count < ENOUGH * self._window_ms // self._every_ms:
            flags |= SHORT_WINDOW
        start_ms = self._start_ms
        late_ms = now_ms - start_ms - self._window_ms
        self._open(now_ms if late_ms > self._every_ms else start_ms + self._window_ms)
        return start_ms, values, flags

    def _edge(self, current_a):
        """EDGE when the current has left the band around the one of the window before that had a current."""
        before_a = self._level_a
        if current_a is None:
            return 0
        self._level_a = current_a
        return EDGE if self._edge_a and before_a is not None and abs(current_a - before_a) > self._edge_a else 0

    def _stuck(self, values, now_ms):
        """STUCK when a value has been the same for so long that its sensor cannot be believed.

        The channels are those that wander a little in any room or cable. Nothing measured, no current and air at the
        end of its scale may stay as long as they like.
        """
        flags = 0
        for name in _NEVER_STILL:
            value = values.get(name)
            since = self._moved.get(name)
            if value in _MAY_STAY or since is None or since[0] != value:
                self._moved[name] = (value, now_ms)
            elif now_ms - since[1] >= self._stuck_ms:
                flags = STUCK
        return flags


_NEVER_STILL = ("temperature_c", "humidity_pct", "current_a")
_MAY_STAY = (None, 0, 100)
