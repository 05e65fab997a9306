"""Who is told of what and when: severities, equipment, hours of the week, and how long nobody has seen it. No I/O."""

from collections import namedtuple
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SEVERITIES = ("notice", "warning", "serious", "critical")
OUTSIDE = ("skip", "wait")  # what becomes of a message outside a route's hours: not sent, or sent when they begin
DAY_MIN = 1440

# about: what it is of, "event 7"; department: its name; equipment_id: None of what is no equipment's
Message = namedtuple("Message", ("about", "severity", "equipment_id", "department", "title", "text", "link"))


def is_for(route, message):
    """Whether a route takes a message."""
    return (
        SEVERITIES.index(message.severity) >= SEVERITIES.index(route.severity)
        and route.equipment_id in (None, message.equipment_id)
        and route.department in ("", message.department)
    )


def due_ms(route, severity, zone, now_ms):
    """When a route sends: now or after its minutes, in its hours; None when it does not. Critical ones never wait."""
    at_ms = now_ms + route.after_min * 60_000
    if is_inside(route, zone, at_ms):
        return at_ms
    if route.outside == "skip":
        return None
    return at_ms if severity == "critical" else _begin_ms(route, zone, at_ms)


def is_inside(route, zone, ts_ms):
    """Whether an instant is in a route's hours; what is past midnight belongs to the day before."""
    there = datetime.fromtimestamp(ts_ms / 1000, ZoneInfo(zone))
    minute, day = there.hour * 60 + there.minute, there.isoweekday()
    days = [int(one) for one in route.days]
    if route.from_min < route.to_min:
        return day in days and route.from_min <= minute < route.to_min
    return (day in days and minute >= route.from_min) or ((day - 1 or 7) in days and minute < route.to_min)


def duty_on(route, zone, ts_ms):
    """The day to which an instant belongs in a route's hours: past midnight still the one on which they began."""
    there = datetime.fromtimestamp(ts_ms / 1000, ZoneInfo(zone))
    past_midnight = route.from_min >= route.to_min and there.hour * 60 + there.minute < route.to_min
    return (there.date() - timedelta(days=past_midnight)).isoformat()


def told_by(route, swaps, zone, ts_ms):
    """Who is told by a route at an instant: whom the first of its swaps names that holds on that day, or its own."""
    day = duty_on(route, zone, ts_ms)
    return next((one.recipient for one in swaps if one.first_on <= day <= one.last_on), route.recipient)


def _begin_ms(route, zone, ts_ms):
    """The next instant at which its hours begin."""
    there = datetime.fromtimestamp(ts_ms / 1000, ZoneInfo(zone))
    for ahead in range(9):
        day = (there + timedelta(days=ahead)).replace(second=0, microsecond=0)
        begins = day.replace(hour=route.from_min // 60, minute=route.from_min % 60)
        if begins > there and str(begins.isoweekday()) in route.days:
            return int(begins.timestamp() * 1000)
    raise ValueError(f"route {route.id} has no day")


RETRY_S = (10, 60, 300, 900, 3600, 3600, 3600)


def next_try_ms(attempts, now_ms):
    """When to try again after so many attempts; None when it is given up."""
    return now_ms + RETRY_S[attempts - 1] * 1000 if attempts <= len(RETRY_S) else None


def right_ms(waiting, now_ms):
    """When a message that waits is due although the clock was set back: no later than after the while it was to wait.

    What waits for a route's hours waits for those.
    """
    if waiting.attempts:
        return min(waiting.next_ms, next_try_ms(waiting.attempts, now_ms))
    after_ms = waiting.escalated * 60_000
    if waiting.next_ms - waiting.made_ms > after_ms:
        return waiting.next_ms
    return min(waiting.next_ms, now_ms + after_ms)
