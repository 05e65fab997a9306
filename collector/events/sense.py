"""Whether a rule can ever be raised, ever be cleared, and does not contradict itself or another. No I/O.

A condition is written as a choice of spaces. A space says of each channel, of the state and of the minutes of the week
what they may be; what only time can tell (a rise, silence, history) leaves it as wide as it is. A rule whose condition
has no space can never be raised, one whose opposite has none is always raised, one that cannot end is never cleared.
"""

from itertools import product

from collector.events.conditions import DAY_MIN, is_scheduled
from collector.events.shape import STATES
from firmware.protocol.channels import BY_NAME

MOST = 512  # spaces that are looked at; beyond that nothing is said
WEEK = frozenset((day, minute) for day in range(1, 8) for minute in range(DAY_MIN))
CLOSED, OPEN = 0, 1  # whether an end of a range belongs to it


def findings(rule, others=()):
    """[(where, a key of RULE_WRONG_WORDS, value)] of a well-shaped Rule beside others, [(name, Rule)], for the same."""
    condition = rule.condition
    if not any(True for _ in spaces(condition, "holds")):
        return [("condition", "never", None)]
    if not any(True for _ in spaces(condition, "not")):
        return [("condition", "always", None)]
    if not any(True for _ in spaces(condition, "ends")):
        return [("condition", "never_clears", None)]
    found = []
    for name, other in others:
        both = {"kind": "any", "of": [condition, other.condition]}
        if not any(True for _ in spaces(both, "not")):
            found.append(("condition", "contradicts", name))
    return found


def spaces(condition, side):
    """The spaces in which a condition "holds", does "not" hold, or "ends" (is beyond its hysteresis)."""
    kind = condition["kind"]
    if kind in ("all", "any"):
        parts = [list(spaces(part, side)) for part in condition["of"]]
        if (kind == "any") == (side == "holds"):
            yield from (space for part in parts for space in part)
        else:
            for at, some in enumerate(product(*parts)):
                if at >= MOST:
                    yield {}
                    return
                if (space := _together(some)) is not None:
                    yield space
        return
    space = _leaf(condition, side)
    if space is not None:
        yield space


def _leaf(condition, side):
    """The space of a condition that is made of no others; None when there is nothing in it."""
    kind = condition["kind"]
    if kind in ("above", "below"):
        return _range(condition, side)
    if kind in ("rises", "falls"):
        return _change(condition, side)
    if kind == "state":
        inside = frozenset(condition["states"])
        return _choice("state", inside if side == "holds" else frozenset(STATES) - inside)
    if kind == "schedule":
        inside = frozenset(one for one in WEEK if is_scheduled(condition, *one))
        return _choice("week", inside if side == "holds" else WEEK - inside)
    return {}


def _choice(name, choices):
    return {name: choices} if choices else None


def _range(condition, side):
    """(low, whether open there, high, whether open there) of a channel, inside what it can mean."""
    channel, limit = BY_NAME[condition["channel"]], condition["limit"]
    upwards = (condition["kind"] == "above") == (side == "holds")
    if side == "ends":
        limit += condition.get("hysteresis", 0) * (-1 if condition["kind"] == "above" else 1)
    ends = OPEN if side == "holds" else CLOSED
    whole = (channel.low, CLOSED, channel.high, CLOSED)
    return _common(
        {channel.name: whole}, {channel.name: (limit, ends, *whole[2:]) if upwards else (*whole[:2], limit, ends)}
    )


def _change(condition, side):
    channel = BY_NAME[condition["channel"]]
    if side == "holds":
        return {} if condition["by"] <= channel.high - channel.low else None
    return {} if side == "not" or condition["by"] > condition.get("hysteresis", 0) else None


def _together(some):
    whole = {}
    for space in some:
        whole = _common(whole, space)
        if whole is None:
            return None
    return whole


def _common(one, other):
    """What two spaces share; None for nothing."""
    shared = dict(one)
    for name, what in other.items():
        before = shared.get(name, what)
        if isinstance(what, frozenset):
            shared[name] = before & what
            if not shared[name]:
                return None
        else:
            low, high = max(before[:2], what[:2]), min((before[2], -before[3]), (what[2], -what[3]))
            shared[name] = (*low, high[0], -high[1])
            if low[0] > high[0] or (low[0] == high[0] and (low[1] or -high[1])):
                return None
    return shared
