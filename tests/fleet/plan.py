"""When what of a fleet falls due: fixed before anything is sent, so that a slow collector moves nothing. No I/O."""

from collections import namedtuple
from heapq import heapify, heapreplace

from firmware.gateway.config import DEFAULTS

UPLOAD_S = round(DEFAULTS["upload.every_s"])  # as a gateway does that nobody told otherwise
GOLDEN = 0.6180339887  # phases that are spread evenly however many there are
MOST_TERMINALS, MOST_PER_GATEWAY = 100_000, 500
MOST_PER_UPLOAD = DEFAULTS["upload.batch"]

# window_s: seconds between two readings of a terminal; upload_s: between two uploads of a gateway
# pages_per_s: looks at the overview and at its API beside the load
Plan = namedtuple("Plan", ("terminals", "gateways", "window_s", "seconds", "pages_per_s", "upload_s"))
Due = namedtuple("Due", ("due_s", "windows"))  # seconds from the beginning; [(terminal, number of its window)]


class PlanRefused(Exception):
    """A plan that cannot be run; the text says what to give instead."""


def plan_of(terminals, gateways=None, window_s=10, seconds=60, pages_per_s=1.0, upload_s=UPLOAD_S):
    """The Plan. Without `gateways` a gateway carries a hundred terminals. Raises PlanRefused."""
    _require("--terminals", terminals, 1, MOST_TERMINALS)
    if gateways is None:
        gateways = -(-terminals // 100)
    least = -(-terminals // MOST_PER_GATEWAY)
    if not least <= gateways <= terminals:
        text = f"{terminals} terminals need {least} to {terminals}: a gateway carries 1 to {MOST_PER_GATEWAY}"
        raise PlanRefused(f"--gateways {gateways}: {text}")
    _require("--window-s", window_s, 1, 3600)
    _require("--seconds", seconds, 1, 86_400)
    _require("--pages-per-s", pages_per_s, 0, 100)
    _require("--upload-s", upload_s, 1, 3600)
    return Plan(terminals, gateways, window_s, seconds, pages_per_s, upload_s)


def _require(name, value, least, most):
    if not least <= value <= most:
        raise PlanRefused(f"{name} {value}: give {least} to {most:,}".replace(",", " "))


def gateway_of(plan, terminal):
    """The number of the gateway that carries a terminal."""
    return terminal % plan.gateways


def uploads(plan, gateway):
    """Each Due of a gateway, in order of time: at each upload what its terminals have finished since the last."""
    coming = [(one * GOLDEN % 1 * plan.window_s, one, 1) for one in range(gateway, plan.terminals, plan.gateways)]
    heapify(coming)
    due_s = gateway * GOLDEN % 1 * plan.upload_s
    while due_s < plan.seconds:
        windows = []
        while coming[0][0] <= due_s:
            ready_s, terminal, n = coming[0]
            windows.append((terminal, n))
            heapreplace(coming, (ready_s + plan.window_s, terminal, n + 1))
        for at in range(0, len(windows), MOST_PER_UPLOAD):
            yield Due(due_s, windows[at : at + MOST_PER_UPLOAD])
        due_s += plan.upload_s


def due_each_second(plan):
    """[readings of all gateways that fall due in it] of each second."""
    counts = [0] * plan.seconds
    for gateway in range(plan.gateways):
        for due in uploads(plan, gateway):
            counts[int(due.due_s)] += len(due.windows)
    return counts
