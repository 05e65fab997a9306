"""Setting a limit and ending one: each a row more, with who, when and why. What was judged before stays judged."""

from collector import audit, db
from collector.environment.fields import is_possible
from collector.environment.indicators import INDICATORS, Indicator
from collector.environment.inherit import ANYWHERE, BOUNDS, says_nothing
from collector.environment.models import EnvironmentLimit
from collector.equipment import KINDS, PLACES, Equipment
from collector.errors import ActionError

NO_LEVELS = dict.fromkeys(BOUNDS)


class LimitRefused(ActionError):
    """A limit is not taken; `code`: a key of LIMIT_WRONG_WORDS, `field`: where it is shown."""

    def __init__(self, field, code, words):
        super().__init__(words)
        self.field, self.code = field, code


def set_limit(target, indicator, levels, source, reason, now_ms, place=ANYWHERE, from_ms=None, to_ms=None):
    """The new EnvironmentLimit of a Target; `levels`: {one of BOUNDS: level in the indicator's unit or None}.

    It holds from from_ms, now when that is None, and takes over from what was set for the same before. Raises
    LimitRefused on levels out of order or out of range, an unknown target, or days that overlap.
    """
    levels = NO_LEVELS | levels
    _require_levels(indicator, levels)
    _require(source.strip(), "source", "empty", "a limit has no source; name the document it was taken from")
    from_ms = now_ms if from_ms is None else from_ms
    _require(to_ms is None or to_ms > from_ms, "to_on", "order_of_days", f"{to_ms} is not after {from_ms}")
    return _add(target, indicator, place, levels, source.strip(), reason, from_ms, to_ms, now_ms)


def end_limit(rule, reason, now_ms):
    """End a Rule that somebody set, from now on: what is inherited holds again. Raises LimitRefused."""
    indicator = Indicator(rule.channel, rule.what)
    return _add(rule.target, indicator, rule.place, NO_LEVELS, "", reason, now_ms, None, now_ms)


def _require(holds, field, code, words):
    if not holds:
        raise LimitRefused(field, code, words)


def _require_levels(indicator, levels):
    _require(indicator in INDICATORS, "low_alarm", "indicator", f"{indicator} has no limits; take one of INDICATORS")
    given = [(bound, levels[bound]) for bound in BOUNDS if levels[bound] is not None]
    _require(given, "low_alarm", "no_level", "a limit without any level says nothing; give one, or end the limit")
    for bound, level in given:
        words = f"{bound} {level} is no {indicator.channel} that can be measured"
        _require(is_possible(indicator, level), bound, "range", words)
    for (before, low), (after, high) in zip(given, given[1:], strict=False):
        _require(low <= high, after, "order", f"{before} {low} is above {after} {high}; turn them round")


def _require_target(target, place):
    _require(place in (ANYWHERE, *PLACES), "place", "choice", f"the place {place!r} is not known")
    if target.equipment_id is not None:
        there = Equipment.get_or_none(Equipment.id == target.equipment_id)
        _require(there, "reason", "target", f"there is no equipment {target.equipment_id}")
    else:
        said = f"the target {target} names no class, or a model without its maker"
        _require(target.kind in KINDS and (target.maker or not target.model), "reason", "target", said)


def _add(target, indicator, place, levels, source, reason, from_ms, to_ms, now_ms):
    _require(reason.strip(), "reason", "empty", "a limit is changed without a reason; give one")
    with db.write():
        _require_target(target, place)
        before = _newest(target, indicator, place)
        if before:
            _require_later(before, from_ms, ends=all(level is None for level in levels.values()))
        elif not any(level is not None for level in levels.values()):
            raise LimitRefused("reason", "nothing_to_end", "nothing was set there that could end")
        row = EnvironmentLimit.create(
            kind=target.kind, maker=target.maker, model=target.model, equipment=target.equipment_id,
            channel=indicator.channel, what=indicator.what, place=place, source=source, reason=reason.strip(),
            from_ms=from_ms, to_ms=to_ms, actor=audit.acting().name, created_ms=now_ms, **levels,
        )  # fmt: skip
        named = " / ".join(str(part) for part in target if part is not None)
        said = levels | {"source": source, "reason": row.reason, "from_ms": from_ms, "to_ms": to_ms}
        record = f"{target.level} {named}, {indicator.channel} {indicator.what}"
        audit.note("environment.limit", record, before and {bound: getattr(before, bound) for bound in BOUNDS}, said)
    return row


def _newest(target, indicator, place):
    rules = [one for one in EnvironmentLimit.rules(target) if (one.channel, one.what, one.place) == (*indicator, place)]
    return max(rules, key=lambda rule: rule.from_ms, default=None)


def _require_later(before, from_ms, ends):
    """A row begins after the one before it; one with a last day is first left to it, or ended."""
    words = f"a limit of the same kind holds from {before.from_ms} on; begin later"
    _require(from_ms > before.from_ms, "from_on", "overlap", words)
    if ends:
        _require(not says_nothing(before), "reason", "nothing_to_end", "it has ended already")
    elif before.to_ms is not None:
        words = f"a limit of the same kind holds until {before.to_ms}; begin then, or end it first"
        _require(from_ms >= before.to_ms, "from_on", "overlap", words)
