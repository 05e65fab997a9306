"""People who are told in these tests, and what they are told."""

from collector import db, notify
from collector.notify.models import Notification
from collector.notify.routes import Message
from tests.collector.site import now_ms

SECRET = "a secret of the webhook"
ALWAYS = {"days": "1234567", "from_min": 0, "to_min": 1440, "outside": "skip", "after_min": 0}


def mailed(port, name="li", **route):
    recipient = notify.add_recipient(
        name, "email", f"mailto://127.0.0.1:{port}?from=g@example.com&to={name}@example.com"
    )
    notify.add_route(recipient, **{"severity": "warning"} | ALWAYS | route)
    return recipient


def hooked(port, name="hook", **route):
    recipient = notify.add_recipient(name, "webhook", f"http://{SECRET.replace(' ', '-')}@127.0.0.1:{port}/x")
    notify.add_route(recipient, **{"severity": "warning"} | ALWAYS | route)
    return recipient


def message(number=1, severity="serious", **more):
    said = {"equipment_id": 1, "department": "Radiology", "title": f"hot {number}", "text": "31 °C", "link": ""}
    return Message(about=f"event {number}", severity=severity, **said | more)


def tell(*messages, at_ms=None):
    with db.write():
        return [notify.tell([one], at_ms or now_ms()) for one in messages]


def states():
    return [(one.recipient.name, one.state) for one in Notification.select().order_by(Notification.id)]
