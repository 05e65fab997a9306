"""Recipients and routes come and go; messages are queued, and let go when they are needed no more."""

import base64
from datetime import date

from collector import audit, db
from collector.config import read_settings
from collector.errors import ActionError
from collector.keys import opened, sealed
from collector.notify import routes, senders
from collector.notify.choices import choices
from collector.notify.models import NOT_NEEDED, QUEUED, SENT, Notification, Recipient, Route, Swap

AFTER_MOST = 24 * 60
REFUSALS = {  # code -> what is told; pages have their own words for it
    "name": "the name is empty or too long; take another",
    "taken": "there is somebody with this name already",
    "kind": "the kind is none of " + ", ".join(senders.KINDS),
    "scheme": "the address does not begin as one of its kind does",
    "address": "the address is not understood",
    "secret": "a webhook needs a host, and a secret of at least 16 signs before the @",
    "plain": "a webhook beyond this machine needs https; others read along with http",
    "place": "there is no such department, or no equipment of that number",
    "swap": "a swap needs another recipient, and two days of which the second is not before the first",
    "route": "a route needs a severity, days, hours of the day and minutes up to a day",
}


class Refused(ActionError):
    """A recipient or route is not kept; `code` is one of REFUSALS."""

    def __init__(self, code):
        super().__init__(REFUSALS[code])
        self.code = code


def add_recipient(name, kind, url):
    """The new Recipient of an address, which only the sender reads again. Raises Refused."""
    name, url = name.strip(), url.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise Refused("name")
    if kind not in senders.KINDS:
        raise Refused("kind")
    if wrong := senders.wrong_with(kind, url):
        raise Refused(wrong)
    with db.write():
        if Recipient.select().where(Recipient.name == name).exists():
            raise Refused("taken")
        wrapped = base64.b64encode(sealed(db.folder(), f"recipient {name}", url.encode())).decode()
        audit.note("notify.recipient", f"recipient {name}", after={"kind": kind})
        return Recipient.create(name=name, kind=kind, wrapped=wrapped)


def address_of(recipient):
    """Its URL. Raises ActionError when the key file is another one."""
    wrapped = base64.b64decode(recipient.wrapped)
    return opened(db.folder(), f"recipient {recipient.name}", wrapped).decode()


def end_recipient(recipient, now_ms):
    """Nobody is told there any more; what waits is let go."""
    with db.write():
        Recipient.update(ended_ms=now_ms, name=f"{recipient.name} · {now_ms}").where(
            (Recipient.id == recipient.id) & Recipient.ended_ms.is_null()
        ).execute()
        waiting = (Notification.recipient == recipient) & (Notification.state == QUEUED)
        Notification.update(state=NOT_NEEDED, next_ms=None).where(waiting).execute()
        audit.note("notify.end_recipient", f"recipient {recipient.name}")


def add_route(recipient, severity, days, from_min, to_min, outside, after_min, department="", equipment_id=None):
    """The new Route. Raises Refused."""
    hours = all(isinstance(one, int) and 0 <= one <= routes.DAY_MIN for one in (from_min, to_min)) and from_min < 1440
    good = severity in routes.SEVERITIES and days and set(days) <= set("1234567") and outside in routes.OUTSIDE
    if not (hours and good and isinstance(after_min, int) and 0 <= after_min <= AFTER_MOST):
        raise Refused("route")
    there = choices()
    if department not in ("", *there.departments) or equipment_id not in (None, *there.names()):
        raise Refused("place")
    said = {"severity": severity, "days": "".join(sorted(set(days))), "from_min": from_min, "to_min": to_min}
    said |= {"outside": outside, "after_min": after_min, "department": department, "equipment_id": equipment_id}
    with db.write():
        audit.note("notify.route", f"recipient {recipient.name}", after=said)
        return Route.create(recipient=recipient, **said)


def end_route(route, now_ms):
    """A route holds no longer."""
    with db.write():
        Route.update(ended_ms=now_ms).where((Route.id == route.id) & Route.ended_ms.is_null()).execute()
        audit.note("notify.end_route", f"route {route.id} to {route.recipient.name}")


def add_swap(route, recipient, first_on, last_on):
    """The new Swap: from one date to another somebody else is told by a route. Raises Refused."""
    days = (first_on, last_on)
    if not all(isinstance(day, date) for day in days) or last_on < first_on or recipient == route.recipient:
        raise Refused("swap")
    said = {"first_on": first_on.isoformat(), "last_on": last_on.isoformat()}
    with db.write():
        audit.note("notify.swap", f"route {route.id} to {route.recipient.name}", after=said | {"to": recipient.name})
        return Swap.create(route=route, recipient=recipient, **said)


def end_swap(swap, now_ms):
    """Whom the route names is told again on all days."""
    with db.write():
        Swap.update(ended_ms=now_ms).where((Swap.id == swap.id) & Swap.ended_ms.is_null()).execute()
        audit.note("notify.end_swap", f"route {swap.route_id} to {swap.recipient.name}")


def tell(messages, now_ms):
    """Queue Messages for everybody whose route takes them; how many. Call it inside a transaction."""
    zone, there, swaps = read_settings(db.folder())["zone"], list(Route.there()), Swap.there()
    known = Notification.known_of([message.about for message in messages])
    new, count = {}, 0
    for message in messages:
        told = _told(message, there, swaps, zone, now_ms)
        count += len(told)
        for recipient, (due_ms, after_min) in told.items():
            if message.about in known:
                _queue(message, recipient, due_ms, after_min, now_ms)
            else:
                new[message.about, recipient, due_ms] = _row(message, recipient, due_ms, after_min, now_ms)
    Notification.add_many(new.values())
    return count


def _told(message, there, swaps, zone, now_ms):
    """{Recipient: (when, after how many minutes)} of those to whom a Message goes."""
    told = {}
    for route in there:
        if routes.is_for(route, message):
            due_ms = routes.due_ms(route, message.severity, zone, now_ms)
            if due_ms is None:
                continue
            recipient = routes.told_by(route, swaps.get(route.id, ()), zone, due_ms)
            if due_ms < told.get(recipient, (2**62, 0))[0]:
                told[recipient] = due_ms, route.after_min
    return told


def tell_those(message, now_ms):
    """Queue a Message for everybody who was told of the same before, at once. Call it inside a transaction."""
    sent = (Notification.about == message.about) & (Notification.state == SENT) & Recipient.ended_ms.is_null()
    for recipient in Recipient.select().join(Notification).where(sent).distinct():
        _queue(message, recipient, now_ms, 0, now_ms)


def test(recipient, link, now_ms):
    """Queue a message to one recipient that says that it is a test."""
    about = f"test {recipient.id}"
    message = routes.Message(about, "notice", None, "", "Gantry", "Test / 测试", link)
    with db.write():
        audit.note("notify.test", f"recipient {recipient.name}")
        _queue(message, recipient, now_ms, 0, now_ms)


def _queue(message, recipient, due_ms, after_min, now_ms):
    """One message to one recipient; what waits for its first try about the same is said anew instead."""
    said = _said(message)
    same = (Notification.about == message.about) & (Notification.recipient == recipient)
    waits = same & (Notification.state == QUEUED) & (Notification.attempts == 0) & (Notification.next_ms <= due_ms)
    if not Notification.update(said).where(waits).execute():
        Notification.add_many([_row(message, recipient, due_ms, after_min, now_ms)])


def _said(message):
    return {"severity": message.severity, "title": message.title, "text": message.text, "link": message.link}


def _row(message, recipient, due_ms, after_min, now_ms):
    rest = {"state": QUEUED, "attempts": 0, "together": 0, "result": "", "made_ms": now_ms, "next_ms": due_ms}
    return {"about": message.about, "recipient": recipient, "escalated": after_min} | _said(message) | rest


def hush(about):
    """Somebody has seen it: what would have gone later is needed no more. Call it inside a transaction."""
    waiting = (Notification.about == about) & (Notification.state == QUEUED) & (Notification.escalated > 0)
    Notification.update(state=NOT_NEEDED, next_ms=None).where(waiting).execute()
