"""The hour before a fleet's load: what its terminals measured in it is stored, and waits to be sealed."""

import time

import numpy as np

from collector import db, readings
from collector.gateways import Gateway
from collector.readings import HOUR_MS
from collector.readings.sealing import GRACE_MS
from firmware.protocol.channels import BY_NAME
from firmware.protocol.measured import to_steps
from tests.fleet.plan import gateway_of
from tests.fleet.played import Fleet, gateway_id, terminal_id

PER_UPLOAD = 10  # windows of each of a gateway's terminals


def store(plan, windows):
    """Store the first `windows` of the newest closed hour of all terminals, as uploads of each gateway. How many."""
    fleet = Fleet(plan, closed_ms(round(time.time() * 1000)) + plan.window_s * 1000)
    ids, count = {one.gateway_id: one.id for one in Gateway.select()}, 0
    for gateway in range(plan.gateways):
        mine = [one for one in range(plan.terminals) if gateway_of(plan, one) == gateway]
        for first in range(1, windows + 1, PER_UPLOAD):
            some = range(first, min(first + PER_UPLOAD, windows + 1))
            with db.write():
                count += readings.take([_arrival(fleet, mine, some)], ids[gateway_id(gateway)]).stored
    return count


def closed_ms(now_ms):
    """When the newest hour began of which no more is waited for."""
    return ((now_ms - GRACE_MS) // HOUR_MS - 1) * HOUR_MS


def _arrival(fleet, terminals, numbers):
    """The readings of some windows of some terminals side by side."""
    found = [fleet.reading(terminal, n) for terminal in terminals for n in numbers]
    seq, ts_ms = np.array([one.seq for one in found]), np.array([one.ts_ms for one in found])
    steps = {
        BY_NAME[name].id: np.array([to_steps(BY_NAME[name], one.values[name]) for one in found])
        for name in found[0].values
    }
    none = np.zeros(len(found), np.int64)
    starts = np.arange(0, len(found), len(numbers))
    columns = readings.Columns(seq, ts_ms, none, none + 1, none.copy(), steps, {})
    return readings.Arrival([terminal_id(one) for one in terminals], starts, columns)
