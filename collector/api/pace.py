"""How fast a caller may ask: a bucket of tokens each, so that one loop that ran away leaves the others their turn."""

import threading
from collections import OrderedDict

CALLERS_MOST = 10_000


class Pace:
    """`per_min` requests a minute for each caller, `burst` of them at once. Of one process; no I/O, time is given."""

    def __init__(self, per_min, burst):
        self.per_ms, self.burst, self._left = per_min / 60_000, burst, OrderedDict()
        self._turn = threading.Lock()

    def wait_s(self, caller, now_ms):
        """0 to go on, else the whole seconds until the next request of this caller is taken."""
        with self._turn:
            left, at_ms = self._left.pop(caller, (self.burst, now_ms))
            left = min(self.burst, left + max(0, now_ms - at_ms) * self.per_ms)
            wait_s = 0 if left >= 1 else int(-(-(1 - left) // (self.per_ms * 1000)))
            self._left[caller] = (left - 1 if left >= 1 else left, now_ms)
            while len(self._left) > CALLERS_MOST:
                self._left.popitem(last=False)
        return wait_s
