"""What a rule must look like before anything else is asked of it: fields, types, bounds. No I/O.

A finding is (where, a key of RULE_WRONG_WORDS, value); nothing is looked at further inside what has one.
"""

from collector.events.conditions import DAY_MIN, KINDS, leaves
from collector.events.rules import LIMITS
from collector.notify import SEVERITIES
from firmware.protocol.channels import BY_NAME

STATES = ("off", "standby", "ready", "working")
DEPTH_MOST, PARTS_MOST, STEPS_MOST = 4, 12, 3
NEEDED = {"hysteresis": False}  # every other field has to be there
SECONDS_MOST, DAYS_MOST = 7 * 86_400, 90


def findings(rule):
    """[(where, what, value)] of what is wrong with the fields of a Rule."""
    found = _of_condition(rule.condition, "condition", 1)
    for name in ("for_s", "clear_s"):
        value = getattr(rule, name)
        if type(value) is not int or not 0 <= value <= SECONDS_MOST:
            found.append((name, "seconds", value))
    if rule.severity not in SEVERITIES:
        found.append(("severity", "choice", rule.severity))
    return found or _of_steps(rule)


def _of_condition(condition, where, depth):
    kind = condition.get("kind") if isinstance(condition, dict) else None
    if kind not in KINDS:
        return [(where, "kind", condition)]
    if depth > DEPTH_MOST:
        return [(where, "depth", DEPTH_MOST)]
    fields = KINDS[kind].fields
    found = [(f"{where}.{name}", "unknown", name) for name in condition if name not in (*fields, "kind")]
    for name in fields:
        if name not in condition:
            found += [(f"{where}.{name}", "missing", None)] if NEEDED.get(name, True) else []
        elif what := CHECKS[name](condition[name]):
            found.append((f"{where}.{name}", what, condition[name]))
    if found or "of" not in fields:
        return found
    for at, part in enumerate(condition["of"]):
        found += _of_condition(part, f"{where}.{at + 1}", depth + 1)
        if isinstance(part, dict) and part.get("kind") == "silent":
            found.append((f"{where}.{at + 1}", "silent_alone", None))
    return found


def _number(value):
    is_number = type(value) in (int, float) and abs(value) < 1e12  # NaN and infinities are not below anything
    return None if is_number else "number"


def _positive(value):
    return _number(value) or (None if value > 0 else "positive")


def _not_negative(value):
    return _number(value) or (None if value >= 0 else "positive")


def _whole(low, high):
    return lambda value: None if type(value) is int and low <= value <= high else "range"


def _some_of(choices):
    def checked(values):
        good = isinstance(values, list) and values and all(value in choices for value in values)
        return None if good and len(set(values)) == len(values) else "choice"

    return checked


def _parts(value):
    return None if isinstance(value, list) and 2 <= len(value) <= PARTS_MOST else "parts"


CHECKS = {
    "channel": lambda value: None if isinstance(value, str) and value in BY_NAME else "channel",
    "limit": _number,
    "hysteresis": _not_negative,
    "by": _positive,
    "times": _positive,
    "within_s": _whole(10, SECONDS_MOST),
    "after_s": _whole(10, SECONDS_MOST),
    "days": lambda value: _whole(2, DAYS_MOST)(value) if type(value) is int else _some_of(range(1, 8))(value),
    "from_min": _whole(0, DAY_MIN - 1),
    "to_min": _whole(0, DAY_MIN),
    "states": _some_of(STATES),
    "of": _parts,
}


def _of_steps(rule):
    """Limits that go further out, severities that rise."""
    kinds = [leaf["kind"] for leaf in _with_limit(rule.condition)]
    if rule.steps and not kinds:
        return [("steps", "no_limit", None)]
    if len(rule.steps) > STEPS_MOST:
        return [("steps", "parts", len(rule.steps))]
    limit, severity = (_with_limit(rule.condition)[0][LIMITS[kinds[0]]] if kinds else None), rule.severity
    for at, (further, worse) in enumerate(rule.steps, 1):
        if _number(further) or worse not in SEVERITIES:
            return [(f"steps.{at}", "number" if _number(further) else "choice", (further, worse))]
        outwards = further < limit if kinds[0] == "below" else further > limit
        if not outwards or SEVERITIES.index(worse) <= SEVERITIES.index(severity):
            return [(f"steps.{at}", "outwards", (further, worse))]
        limit, severity = further, worse
    return []


def _with_limit(condition):
    return [leaf for leaf in leaves(condition) if leaf["kind"] in LIMITS]
