"""What a rule recognised becomes an event, goes on, gets worse, is over; or a person reports one."""

import json
from collections import namedtuple

from collector import audit, db
from collector.errors import ActionError
from collector.events import snapshot, telling, together
from collector.events.disposition import OPEN, due_ms
from collector.events.models import Event, Shelf, Step
from collector.notify import SEVERITIES

LATE_MS = 300_000  # what is known so long after it was measured is marked late
TEXT_MOST = 4000
TYPES = ("limit", "change", "bad_value", "silence", "state", "unlike", "combined", "environment") + (
    "gateway_silence", "refusals", "disk", "certificate", "person",
)  # fmt: skip
REPORTED = "person"

REFUSALS = {  # code -> what is told; pages have their own words for it
    "text_missing": "the text is missing; say what was seen, done or why",
    "text_long": "the text has more than {about} signs; put the rest into a file",
    "severity": "the severity {about} is not known; take one of " + ", ".join(SEVERITIES),
    "future": "what happened cannot have begun in the future; say when it was seen",
    "changed": "{about} did something with the event meanwhile; look at it again, then decide",
    "state": "{about} cannot be done with the event as it is; look at it again",
    "colleague": "{about!r} is nobody who may handle this event; name a colleague with such an account",
    "other": "{about} is no other event of the same equipment; name one",
    "part": "that event is itself a part of event {about}; name that",
    "shelf": "a shelf ends after it begins, after now, and within {about} days",
    "choice": "something chosen is no choice; choose again",
    "exams": "the examinations are no whole number up to {about}",
    "hours": "the hours are no number up to {about}",
    "closed": "the event is closed; open it again, then add to it",
    "rule": "there is no rule {about} that holds; look at the list of rules",
}


class Refused(ActionError):
    """What was asked about an event cannot be done; `code` is one of REFUSALS, `about` the value it is about."""

    def __init__(self, code, about=""):
        super().__init__(REFUSALS[code].format(about=about))
        self.code, self.about = code, about


# What happened, as whoever recognised it says. subject: terminal, gateway or person; said: {name: value} for its text
Found = namedtuple("Found", ("equipment_id", "subject", "rule", "name", "type", "severity", "began_ms", "said"))


def raised(found, raised_ms, now_ms, context=None):
    """The Event of what was Found: a new one, or the one of the same rule that goes on or was over a moment ago.

    Call it inside a transaction.
    """
    event = Event.to_go_on(found.subject, found.rule, found.equipment_id, found.began_ms)
    if event is not None and event.is_raised:
        return event
    if event is not None:
        event.cleared_ms, event.times = None, event.times + 1
        return _happened(event, "again", now_ms)
    event = _new(found, raised_ms, now_ms)
    about = found.equipment_id, found.subject
    event.context = _json(together.once(about, lambda: snapshot.taken(*about, now_ms)) | (context or {}))
    event.late = now_ms - raised_ms > LATE_MS
    event.shelved = found.equipment_id is not None and Shelf.holds(found.equipment_id, found.rule, raised_ms)
    return _happened(event, "raised", now_ms)


def worse(event, severity, said, now_ms):
    """The event has become more severe. Call it inside a transaction."""
    if SEVERITIES.index(severity) > SEVERITIES.index(event.severity):
        event.severity, event.said = severity, _json(said)
        event.due_ms = min(event.due_ms, due_ms(severity, now_ms)) if event.due_ms else due_ms(severity, now_ms)
        _happened(event, "worse", now_ms)


def cleared(event, cleared_ms, now_ms):
    """What was recognised is over; what people do about it goes on. Call it inside a transaction."""
    if event.is_raised:
        event.cleared_ms = cleared_ms
        _happened(event, "cleared", now_ms)


def passed(found, ended_ms, now_ms):
    """What was Found in readings that came too late for its turn: an event that is over, or part of one that is known.

    Call it inside a transaction.
    """
    event = Event.touching(found.subject, found.rule, found.equipment_id, found.began_ms, ended_ms)
    if event is not None:
        event.began_ms = min(event.began_ms, found.began_ms)
        event.cleared_ms = None if event.is_raised else max(event.cleared_ms, ended_ms)
        event.save()
        return event
    event = raised(found, found.began_ms, now_ms)
    event.late = True
    cleared(event, ended_ms, now_ms)
    return event


def report(equipment, severity, text, began_ms, files, now_ms):
    """The new Event of what a person saw. Raises Refused."""
    text = checked_text(text, needed=True)
    if severity not in SEVERITIES:
        raise Refused("severity", severity[:40])
    if began_ms > now_ms:
        raise Refused("future")
    who = audit.acting().name
    found = Found(equipment.id, who, "", "", REPORTED, severity, began_ms, {"text": text})
    with db.write():
        event = _new(found, began_ms, now_ms)
        event.cleared_ms = began_ms
        event.context = _json(snapshot.taken(equipment.id, who, now_ms))
        _happened(event, "reported", now_ms, text, files)
        audit.note("event.report", f"event {event.id}", after={"equipment": equipment.asset_number, "text": text})
        return event


def checked_text(text, needed=False):
    """What somebody wrote, without blanks around it. Raises Refused."""
    text = text.strip()
    if needed and not text:
        raise Refused("text_missing")
    if len(text) > TEXT_MOST:
        raise Refused("text_long", TEXT_MOST)
    return text


def _new(found, raised_ms, now_ms):
    return Event(
        equipment=found.equipment_id,
        subject=found.subject,
        rule=found.rule,
        name=found.name,
        type=found.type,
        severity=found.severity,
        state=OPEN,
        version=0,
        began_ms=found.began_ms,
        raised_ms=raised_ms,
        known_ms=now_ms,
        due_ms=due_ms(found.severity, now_ms),
        late=False,
        shelved=False,
        times=1,
        owner="",
        said=_json(found.said),
        context="{}",
    )


def _happened(event, what, now_ms, text="", files=()):
    """Keep the event with a step that says what happened to it and tell people."""
    event.version += 1
    event.save()
    actor = audit.acting().name if what == "reported" else "rule"
    Step.create(event=event, ts_ms=now_ms, actor=actor, action=what, state=event.state, text=text, files=_json(files))
    telling.tell(event, what, now_ms)
    return event


def _json(what):
    return json.dumps(what, ensure_ascii=False)
