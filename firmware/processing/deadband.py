"""Windows in which nothing happened become one reading: deadband and heartbeat. Loaded when a deadband is set.

Time is handed in. Both Pythons.
"""

from firmware.processing.fold import fold

BANDS = {
    "temperature_c": "deadband_temperature_c",
    "humidity_pct": "deadband_humidity_pct",
    "current_a": "deadband_current_a",
    "current_min_a": "deadband_current_a",
    "current_max_a": "deadband_current_a",
    "voltage_v": "deadband_voltage_v",
}
DERIVED = ("current_rms_a", "charge_as")  # they follow from the current and from how long the window was


class Deadband:
    """Holds windows whose values stay around the last one sent alone; what it gives is (start, values, flags, windows).

    A value without a deadband counts at any change, and so does one that turns invalid or good again.
    """

    def __init__(self, settings, harmless):
        """`harmless`: the flag that says of a window nothing that must be sent at once; any other does."""
        self._bands = {name: settings[band] for name, band in BANDS.items()}
        self._heartbeat_ms = int(settings["heartbeat_s"] * 1000)
        self._plain = (0, harmless)
        self._around = None  # values and flags of the last window that was sent alone
        self._start_ms = self._held = None  # what is folded since then

    def take(self, start_ms, values, flags, now_ms):
        """What is to be sent now, in order, given a window that began at `start_ms` and is over at `now_ms`."""
        if not self._is_quiet(values, flags):
            sent = self.release() + [(start_ms, values, flags, 1)]
            self._around = (values, flags)
            return sent
        if self._held is None:
            self._start_ms, self._held = start_ms, (values, flags, 1)
        else:
            self._held = fold([self._held, (values, flags, 1)])
        return self.release() if now_ms - self._start_ms >= self._heartbeat_ms else []

    def release(self):
        """What is held, as a list of one reading or none; then nothing is held."""
        held, self._held = self._held, None
        return [] if held is None else [(self._start_ms,) + held]

    def _is_quiet(self, values, flags):
        if self._around is None or flags not in self._plain:
            return False
        before, flags_before = self._around
        if flags != flags_before or set(values) != set(before):
            return False
        return not any(
            changed(before[name], values[name], self._bands.get(name, 0)) for name in values if name not in DERIVED
        )


def changed(before, after, band):
    """Whether a value left the band around what was sent before; one that came or went always did."""
    if before is None or after is None:
        return before is not after
    return abs(after - before) > band
