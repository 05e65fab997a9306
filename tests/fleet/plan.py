"""When what of a fleet falls due: fixed before anything is sent, so that a slow collector moves nothing. No I/O."""

from collections import namedtuple
from math import ceil

UPLOAD_S = 1  # a gateway looks once a second whether something waits (upload.every_s)
GOLDEN = 0.6180339887  # phases that are spread evenly however many there are
MOST_TERMINALS, MOST_PER_GATEWAY = 100_000, 500

# window_s: seconds between two readings of a terminal. pages_per_s: looks at the overview and its API beside the load
Plan = namedtuple("Plan", ("terminals", "gateways", "window_s", "seconds", "pages_per_s"))
Due = namedtuple("Due", ("due_s", "windows"))  # seconds from the beginning; [(terminal, number of its window)]


class PlanRefused(Exception):
    """A plan that cannot be run; the text says what to give instead."""


def plan_of(terminals, gateways=None, window_s=10, seconds=60, pages_per_s=1.0):
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
    return Plan(terminals, gateways, window_s, seconds, pages_per_s)


def _require(name, value, least, most):
    if not least <= value <= most:
        raise PlanRefused(f"{name} {value}: give {least} to {most:,}".replace(",", " "))


def gateway_of(plan, terminal):
    """The number of the gateway that carries a terminal."""
    return terminal % plan.gateways


def uploads(plan, gateway):
    """Each Due of a gateway, in order of time: at each look what its terminals have finished since the last."""
    first_s = gateway * GOLDEN % 1 * UPLOAD_S
    cycle = [[] for _ in range(plan.window_s)]
    for terminal in range(gateway, plan.terminals, plan.gateways):
        look = max(0, ceil(terminal * GOLDEN % 1 * plan.window_s - first_s))
        cycle[look % plan.window_s].append((terminal, look))
    for look in range(plan.seconds):
        some = cycle[look % plan.window_s]
        windows = [(terminal, (look - first) // plan.window_s + 1) for terminal, first in some if look >= first]
        if windows:
            yield Due(first_s + look * UPLOAD_S, windows)


def due_each_second(plan):
    """[readings of all gateways that fall due in it] of each second."""
    counts = [0] * plan.seconds
    for gateway in range(plan.gateways):
        for due in uploads(plan, gateway):
            counts[int(due.due_s)] += len(due.windows)
    return counts
