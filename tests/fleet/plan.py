"""When what of a fleet falls due: fixed before anything is sent, so that a slow collector moves nothing. No I/O."""

from collections import namedtuple
from heapq import heapify, heapreplace
from itertools import groupby
from math import ceil

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


def of_frames(plan):
    """The same Plan for sealed frames to one gateway, nobody looking at pages. Raises PlanRefused."""
    if plan.terminals > MOST_PER_GATEWAY:
        text = f"one gateway carries 1 to {MOST_PER_GATEWAY}; take --road a02 for more"
        raise PlanRefused(f"--road a01 --terminals {plan.terminals}: {text}")
    return plan._replace(gateways=1, pages_per_s=0)


def gateway_of(plan, terminal):
    """The number of the gateway that carries a terminal."""
    return terminal % plan.gateways


def windows(plan, terminals):
    """(seconds when it is over, terminal, its number from 1) of every window of some terminals, in order of time."""
    coming = [(terminal * GOLDEN % 1 * plan.window_s, terminal, 1) for terminal in terminals]
    heapify(coming)
    while coming[0][0] < plan.seconds:
        over_s, terminal, n = coming[0]
        yield over_s, terminal, n
        heapreplace(coming, (over_s + plan.window_s, terminal, n + 1))


def uploads(plan, gateway):
    """Each Due of a gateway, in order of time: at each upload what its terminals have finished since the last."""
    first_s = gateway * GOLDEN % 1 * plan.upload_s
    coming = windows(plan, range(gateway, plan.terminals, plan.gateways))
    for turn, group in groupby(coming, lambda window: max(0, ceil((window[0] - first_s) / plan.upload_s))):
        due_s, some = first_s + turn * plan.upload_s, [(terminal, n) for _over_s, terminal, n in group]
        if due_s < plan.seconds:
            yield from (Due(due_s, some[at : at + MOST_PER_UPLOAD]) for at in range(0, len(some), MOST_PER_UPLOAD))


def frames_each_second(plan):
    """[frames of all terminals that fall due in it] of each second: a frame is sent when its window is over."""
    counts = [0] * plan.seconds
    for over_s, _terminal, _n in windows(plan, range(plan.terminals)):
        counts[int(over_s)] += 1
    return counts


def due_each_second(plan):
    """[readings of all gateways that fall due in it] of each second."""
    counts = [0] * plan.seconds
    for gateway in range(plan.gateways):
        for due in uploads(plan, gateway):
            counts[int(due.due_s)] += len(due.windows)
    return counts
