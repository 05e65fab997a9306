"""Samples of a current -> what a reading says of its window. Constant memory, both Pythons."""

from math import sqrt


class Window:
    """One window of samples, added one by one.

    Sums run over the distance from the first sample: boards count in single precision; small sums keep their digits.
    """

    def __init__(self):
        self.count = 0
        self._first = self._sum = self._squares = self._charge = self._held = 0.0
        self._min = self._max = None

    def add(self, current_a, held_s):
        """Take a sample and for how long it stands: the seconds since the sample before it."""
        if not self.count:
            self._first = self._min = self._max = current_a
        away = current_a - self._first
        self.count += 1
        self._sum += away
        self._squares += away * away
        self._charge += away * held_s
        self._held += held_s
        self._min, self._max = min(self._min, current_a), max(self._max, current_a)

    def values(self):
        """Mean, min, max and rms in A and the charge in A*s, by channel; each None when there was no good sample."""
        if not self.count:
            return dict.fromkeys(CHANNELS)
        away = self._sum / self.count
        mean = self._first + away
        spread = max(0.0, self._squares / self.count - away * away)
        rms = sqrt(mean * mean + spread)
        charge = self._first * self._held + self._charge
        return {
            "current_a": mean,
            "current_min_a": self._min,
            "current_max_a": self._max,
            "current_rms_a": rms,
            "charge_as": charge,
        }


CHANNELS = ("current_a", "current_min_a", "current_max_a", "current_rms_a", "charge_as")
