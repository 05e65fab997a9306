"""Delivering what is queued: each recipient by himself, several messages as one in a storm, again until it is taken."""

import logging
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx

from collector import db, readings
from collector.clock import now_ms as clock_ms
from collector.errors import ActionError
from collector.notify import senders
from collector.notify.actions import address_of
from collector.notify.models import GIVEN_UP, QUEUED, SENT, Notification
from collector.notify.routes import SEVERITIES, next_try_ms, right_ms

log = logging.getLogger("collector")

ALONE = 3  # so many messages to one recipient go one by one; more go together
STORM, CALM_MS = 60, 60_000  # more in a minute, told or waiting, are a storm: the rest waits until that minute is over
SHOWN = 20  # of those that go together
AT_ONCE = 8
BEHIND = 1000  # uploads that are not followed: more, and the monitoring is called blind


def deliver(now_ms):
    """Send what is due; how many messages were taken. A recipient that hangs holds up no other of the same round."""
    _set_right(now_ms)
    due = Notification.due(now_ms, _held(now_ms))
    work = [(recipient, some) for recipient, rows in due.items() for some in _portions(rows)]
    if not work:
        return 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(_send, recipient.kind, _address(recipient), _message(some)) for recipient, some in work]
        return sum(_keep(some, one.result()) for (_recipient, some), one in zip(work, sent, strict=True))


def _set_right(now_ms):
    """Let nothing wait for the hours by which the clock was set back."""
    for one in Notification.ahead(now_ms):
        due_ms = right_ms(one, now_ms)
        if due_ms < one.next_ms:
            with db.write():
                mine = (Notification.id == one.id) & (Notification.state == QUEUED)
                Notification.update(next_ms=due_ms, made_ms=min(one.made_ms, now_ms)).where(mine).execute()


def _held(now_ms):
    """{number of a recipient in a storm: severities worse than all that was told}; those do not wait."""
    told, waiting = Notification.told_between(now_ms - CALM_MS, now_ms), Notification.due_counts(now_ms)
    return {
        number: SEVERITIES[1 + max(map(SEVERITIES.index, counts)) :]
        for number, counts in told.items()
        if sum(counts.values()) + waiting.get(number, 0) > STORM
    }


def _portions(rows):
    return [[row] for row in rows] if len(rows) <= ALONE else [rows]


def _address(recipient):
    try:
        return address_of(recipient)
    except ActionError as error:
        log.error("recipient %s cannot be told: %s", recipient.name, error)
        return None


def _send(kind, url, message):
    return senders.Sent(False, "its address cannot be opened") if url is None else senders.send(kind, url, message)


def _message(some):
    """One message as a dict, or several as one: how many of which severity, and the worst of them by name."""
    if len(some) == 1:
        one = some[0]
        return {"about": [one.about], "severity": one.severity, "title": one.title, "text": one.text, "link": one.link}
    ranked = sorted(some, key=lambda one: (-SEVERITIES.index(one.severity), one.id))
    counts = {severity: sum(one.severity == severity for one in some) for severity in reversed(SEVERITIES)}
    title = " · ".join(f"{count} {severity}" for severity, count in counts.items() if count)
    lines = [one.title for one in ranked[:SHOWN]] + (["…"] if len(some) > SHOWN else [])
    about = [one.about for one in ranked[:SHOWN]]
    said = {"about": about, "severity": ranked[0].severity, "title": f"Gantry: {title}", "text": "\n".join(lines)}
    return said | {"link": ranked[0].link}


def _keep(some, sent):
    """Note what became of messages that went together; how many were taken."""
    now_ms, attempts = clock_ms(), some[0].attempts + 1
    said = {"attempts": attempts, "result": sent.result, "together": len(some)}
    if sent.good:
        said |= {"state": SENT, "sent_ms": now_ms, "next_ms": None}
    else:
        again_ms = next_try_ms(attempts, now_ms)
        said |= {"state": QUEUED if again_ms else GIVEN_UP, "next_ms": again_ms}
        log.warning("recipient %s was not told (%s times): %s", some[0].recipient.name, attempts, sent.result)
    with db.write():
        numbers = [one.id for one in some]
        for at in range(0, len(numbers), 500):
            mine = (Notification.id << numbers[at : at + 500]) & (Notification.state == QUEUED)
            Notification.update(said).where(mine).execute()
    return len(some) if sent.good else 0


def beat(url):
    """Tell a watcher outside that the monitoring sees; what stops to come is its alarm. Whether it was told.

    Raises ActionError when the address is plain http over a network.
    """
    if senders.is_plain(urlsplit(url)):
        raise ActionError("heartbeat_url is plain http over a network; write https://...")
    passed = readings.passed()
    if not url or (passed is not None and readings.last_upload() - passed > BEHIND):
        return False
    try:
        return httpx.get(url, timeout=senders.WAIT_S).is_success
    except httpx.HTTPError as error:
        log.warning("the watcher outside does not answer: %s", type(error).__name__)
        return False
