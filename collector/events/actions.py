"""What people do about events, rules and shelves; each action is one transaction and one row of the audit."""

import json

from peewee import fn

from collector import audit, db
from collector.errors import ActionError
from collector.events import sense, shape
from collector.events.disposition import NEED_TEXT, TRANSITIONS, actions
from collector.events.models import Event, RuleVersion, Shelf, Step
from collector.events.occurrences import AFTERWARDS, checked_text, cleared

DAY_MS = 86_400_000
SHELF_DAYS_MOST = 31


class Changed(ActionError):
    """Somebody else has done something with the event since it was looked at."""


class RuleRefused(ActionError):
    """A rule that cannot work; `findings` are those of shape and sense."""

    def __init__(self, findings):
        told = "; ".join(f"{where}: {what} {'' if value is None else value}".strip() for where, what, value in findings)
        super().__init__(f"the rule is not kept: {told}; correct it")
        self.findings = findings


def act(event_id, action, version, text, now_ms, files=(), to="", into=None):
    """The Event after one step: `to` a colleague, or merged `into` another event. Raises ActionError, Changed.

    `version` is that of the event as it was looked at.
    """
    text = checked_text(text, needed=action in NEED_TEXT)
    with db.write():
        event = Event.get_by_id(event_id)
        if event.version != version:
            last = event.steps.order_by(Step.id.desc()).first()
            raise Changed(f"{last.actor} did something with event {event_id} meanwhile; look at it again, then decide")
        if action not in actions(event.state, event.severity):
            raise ActionError(f"{action[:20]!r} cannot be done with an event that is {event.state}")
        before = event.state
        event.state = TRANSITIONS[event.state, action]
        event.version += 1
        _on(event, action, to, into)
        event.save()
        who = audit.acting().name
        said = f"{to}: {text}" if to else text
        row = {"ts_ms": now_ms, "actor": who, "action": action, "state": event.state, "text": said}
        Step.create(event=event, files=json.dumps(list(files)), **row)
        audit.note(f"event.{action}", f"event {event_id}", {"state": before}, {"state": event.state, "text": said})
        for tell in AFTERWARDS:
            tell(event, action)
        return event


def _on(event, action, to, into):
    who = audit.acting().name
    if action in ("acknowledge", "begin"):
        event.owner, event.due_ms = event.owner or who, None
    elif action == "hand_over":
        if not to:
            raise ActionError("the colleague is missing; say who takes the event over")
        event.owner = to
    elif action == "merge":
        event.merged_into = _other(event, into)
    elif action == "reopen":
        event.owner = ""


def _other(event, into):
    other = Event.get_or_none(Event.id == into)
    if other is None or other.id == event.id or other.equipment_id != event.equipment_id:
        raise ActionError(f"event {into} is no other event of the same equipment; name one")
    if other.merged_into_id is not None:
        raise ActionError(f"event {into} is itself a part of event {other.merged_into_id}; name that")
    return other


def shelve(equipment, rule, from_ms, to_ms, reason, now_ms):
    """The new Shelf: until then nobody is told of these events, which are kept all the same. Raises ActionError."""
    reason = checked_text(reason, needed=True)
    if not max(from_ms, now_ms) < to_ms <= now_ms + SHELF_DAYS_MOST * DAY_MS or from_ms >= to_ms:
        raise ActionError(f"a shelf ends after it begins, after now, and within {SHELF_DAYS_MOST} days")
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
    """The new RuleVersion of a rule; with a number it follows the one that held. Raises RuleRefused, ActionError.

    target: {"kind", "maker", "model", "equipment_id"}, None or left out where it does not matter.
    """
    name, reason = checked_text(name, needed=True), checked_text(reason, needed=True)
    others = [(one.name, one.rule()) for one in RuleVersion.valid() if one.number != number and _meets(one, target)]
    if findings := shape.findings(rule) or sense.findings(rule, others):
        raise RuleRefused(findings)
    body = json.dumps({field: value for field, value in rule._asdict().items() if field != "name"})
    with db.write():
        if number is None:
            number = 1 + RuleVersion.select(fn.COALESCE(fn.MAX(RuleVersion.number), 0)).scalar()
        before = _end(number, now_ms)
        row = {"name": name, "body": body, "reason": reason, **target}
        audit.note("rule.keep", f"rule {number}", before, row)
        return RuleVersion.create(number=number, from_ms=now_ms, actor=audit.acting().name, **row)


def end_rule(number, reason, now_ms):
    """A rule holds no longer; what it has raised is over. Raises ActionError."""
    reason = checked_text(reason, needed=True)
    with db.write():
        before = _end(number, now_ms)
        if before is None:
            raise ActionError(f"there is no rule {number} that holds; look at the list of rules")
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
