"""What people do about events, rules and shelves; each action is one transaction and one row of the audit."""

import json

from peewee import fn

from collector import audit, db
from collector.errors import ActionError
from collector.events import sense, shape, telling
from collector.events.colleagues import colleagues
from collector.events.disposition import NEED_TEXT, TRANSITIONS, actions
from collector.events.models import Event, RuleVersion, Shelf, Step
from collector.events.occurrences import Refused, checked_text, cleared

DAY_MS = 86_400_000
SHELF_DAYS_MOST = 31


class RuleRefused(ActionError):
    """A rule that cannot work; `findings` are those of shape and sense."""

    def __init__(self, findings):
        told = "; ".join(f"{where}: {what} {'' if value is None else value}".strip() for where, what, value in findings)
        super().__init__(f"the rule is not kept: {told}; correct it")
        self.findings = findings


def act(event_id, action, version, text, now_ms, files=(), to="", into=None):
    """The Event after one step: `to` a colleague, or merged `into` another event. Raises Refused.

    `version` is that of the event as it was looked at. An evaluation has its own action (evaluations.py).
    """
    if action == "evaluate":
        raise Refused("state", action)
    return step(event_id, action, version, text, now_ms, files, to, into)


def step(event_id, action, version, text, now_ms, files=(), to="", into=None):
    """The same for whatever the table of transitions allows."""
    text = checked_text(text, needed=action in NEED_TEXT)
    with db.write():
        event = Event.get_by_id(event_id)
        if event.version != version:
            last = event.steps.order_by(Step.id.desc()).first()
            raise Refused("changed", last.actor)
        if action not in actions(event.state, event.severity):
            raise Refused("state", action[:20])
        before = event.state
        event.state = TRANSITIONS[event.state, action]
        event.version += 1
        _on(event, action, to, into, now_ms)
        event.save()
        who = audit.acting().name
        said = f"{to}: {text}" if to else text
        row = {"ts_ms": now_ms, "actor": who, "action": action, "state": event.state, "text": said}
        Step.create(event=event, files=json.dumps(list(files)), **row)
        audit.note(f"event.{action}", f"event {event_id}", {"state": before}, {"state": event.state, "text": said})
        telling.tell(event, action, now_ms)
        return event


def _on(event, action, to, into, now_ms):
    who = audit.acting().name
    if action in ("acknowledge", "begin"):
        event.owner, event.due_ms = event.owner or who, None
    elif action == "hand_over":
        if to not in colleagues(event, now_ms):
            raise Refused("colleague", to)
        event.owner = to
    elif action == "merge":
        event.merged_into = _other(event, into)
    elif action == "reopen":
        event.owner = ""


def _other(event, into):
    other = Event.get_or_none(Event.id == into)
    if other is None or other.id == event.id or other.equipment_id != event.equipment_id:
        raise Refused("other", into or "")
    if other.merged_into_id is not None:
        raise Refused("part", other.merged_into_id)
    return other


def shelve(equipment, rule, from_ms, to_ms, reason, now_ms):
    """The new Shelf: until then nobody is told of these events, which are kept all the same. Raises Refused."""
    reason = checked_text(reason, needed=True)
    if not max(from_ms, now_ms) < to_ms <= now_ms + SHELF_DAYS_MOST * DAY_MS or from_ms >= to_ms:
        raise Refused("shelf", SHELF_DAYS_MOST)
    with db.write():
        who = audit.acting().name
        shelf = Shelf.create(equipment=equipment, rule=rule, from_ms=from_ms, to_ms=to_ms, reason=reason, actor=who)
        said = {"rule": rule, "from_ms": from_ms, "to_ms": to_ms, "reason": reason}
        audit.note("event.shelve", f"equipment {equipment.asset_number}", after=said)
        return shelf


def unshelve(shelf, now_ms):
    """End a shelf now."""
    with db.write():
        Shelf.update(to_ms=now_ms).where(Shelf.id == shelf.id).execute()
        audit.note("event.unshelve", f"shelf {shelf.id}", {"to_ms": shelf.to_ms}, {"to_ms": now_ms})


def keep_rule(name, target, rule, reason, now_ms, number=None):
    """The new RuleVersion of a rule; with a number it follows the one that held. Raises RuleRefused, Refused.

    target: {"kind", "maker", "model", "equipment_id"}, None or left out where it does not matter.
    """
    name, reason = checked_text(name, needed=True), checked_text(reason, needed=True)
    if findings := shape.findings(rule) or sense.findings(rule, others_of(target, number)):
        raise RuleRefused(findings)
    body = json.dumps({field: value for field, value in rule._asdict().items() if field != "name"})
    with db.write():
        if number is None:
            number = 1 + RuleVersion.select(fn.COALESCE(fn.MAX(RuleVersion.number), 0)).scalar()
        before = _end(number, now_ms)
        row = {"name": name, "body": body, "reason": reason, **target}
        audit.note("rule.keep", f"rule {number}", before, row)
        return RuleVersion.create(number=number, from_ms=now_ms, actor=audit.acting().name, **row)


def others_of(target, number):
    """[(name, Rule)] of the rules that hold, but one of this number, for whom some equipment of a target is judged."""
    return [(one.name, one.rule()) for one in RuleVersion.valid() if one.number != number and _meets(one, target)]


def end_rule(number, reason, now_ms):
    """A rule holds no longer; what it has raised is over. Raises Refused."""
    reason = checked_text(reason, needed=True)
    with db.write():
        before = _end(number, now_ms)
        if before is None:
            raise Refused("rule", number)
        for event in Event.raised_by(f"rule {number}"):
            cleared(event, now_ms, now_ms)
        audit.note("rule.end", f"rule {number}", before, {"reason": reason})


def _end(number, now_ms):
    holds = (RuleVersion.number == number) & RuleVersion.to_ms.is_null()
    before = RuleVersion.get_or_none(holds)
    RuleVersion.update(to_ms=now_ms).where(holds).execute()
    return before and {"name": before.name, "body": before.body}


def _meets(version, target):
    """Whether a rule may be for the same equipment as a target."""
    pairs = ((getattr(version, name), target.get(name)) for name in ("kind", "maker", "model", "equipment_id"))
    return all(one is None or other is None or one == other for one, other in pairs)
