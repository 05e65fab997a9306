"""What a fleet's terminals measure: windows of the days that simulated boards play, told as a gateway tells them."""

import gzip
import time

from boards.simulated.day import KINDS, Day
from boards.simulated.history import WINDOW_S, windows
from firmware.gateway import compact
from firmware.gateway.batch import body_of
from firmware.gateway.outbox import Waiting
from firmware.protocol.frame import Reading, seq_of

WINDOWS = 400  # of each kind of equipment; a terminal begins somewhere among them and goes round
BEGINS_S = 1_760_050_800  # a weekday morning


class Fleet:
    """The readings of all terminals of a plan, from an instant on."""

    def __init__(self, plan, begin_ms):
        self._plan, self.begin_ms = plan, begin_ms
        self._boot_no = begin_ms // 60_000 - 26_297_280  # minutes since 2020, as provisioning gives it
        last_s = BEGINS_S + WINDOWS * WINDOW_S
        self._days = [
            [values for _start_s, values in windows(Day(kind, seed), BEGINS_S, last_s)]
            for seed, kind in enumerate(sorted(KINDS))
        ]

    def body(self, gateway_id, some):
        """The bytes of an A02 upload, gzipped, of (terminal, number of its window) pairs."""
        waiting = Waiting([(0, self.reading(terminal, n)) for terminal, n in some], [], [])
        body = body_of(waiting, gateway_id, round(time.time() * 1000))
        return gzip.compress(compact.packed(body), 6)

    def reading(self, terminal, n):
        """The n-th Reading of a terminal, from 1."""
        day = self._days[terminal % len(self._days)]
        values = day[(terminal * 7 + n) % WINDOWS]
        ts_ms = self.begin_ms + (n - 1) * self._plan.window_s * 1000 - self._plan.window_s * 1000
        return Reading(terminal_id(terminal), ts_ms, seq_of(self._boot_no, n), values, 0, 1)


def terminal_id(terminal):
    """The id of a terminal by its number."""
    return f"t-{terminal:06}"


def gateway_id(gateway):
    """The id of a gateway by its number."""
    return f"gw-{gateway:04}"
