"""/api/v1/recipients: who is told of events, by which routes, and what became of the newest messages."""

from typing import Annotated, Literal

from flask import abort, url_for
from msgspec import Meta, Struct

from collector import api
from collector import notify as room
from collector.clock import now_ms
from collector.notify.models import Notification, Recipient, Route, Swap
from collector.notify.routes import DAY_MIN, OUTSIDE, SEVERITIES
from collector.notify.senders import KINDS
from collector.web import needs

Minute = Annotated[int, Meta(ge=0, le=DAY_MIN)]
Severity = Literal[SEVERITIES]
MESSAGES = 200


class RecipientTold(Struct):
    """Somebody, or a program, who can be told; its address is not said."""

    id: int
    name: str
    kind: Literal[tuple(KINDS)]


class RecipientEntered(Struct):
    """A new recipient; url: its address with what it needs to be used, which is sealed and not told again."""

    name: api.Text
    kind: Literal[tuple(KINDS)]
    url: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[\x21-\x7e]+$")]


class RouteTold(Struct):
    """What a recipient gets: this severity and worse ones, on days (1 Monday) between two minutes of a day."""

    id: int
    recipient_id: int
    severity: Severity
    department: str
    equipment_id: int | None
    days: str
    from_min: int
    to_min: int
    outside: Literal[OUTSIDE]
    after_min: int


class RouteEntered(Struct):
    """A new route; after_min: only if nobody has seen it for so long."""

    severity: Severity
    department: api.Text = ""
    equipment_id: api.Number | None = None
    days: Annotated[str, Meta(min_length=1, max_length=7, pattern="^[1-7]+$")] = "1234567"
    from_min: Minute = 0
    to_min: Minute = DAY_MIN
    outside: Literal[OUTSIDE] = "skip"
    after_min: Minute = 0


class SwapTold(Struct):
    """From one day of the institution to another, both in it, another recipient is told by a route."""

    id: int
    recipient_id: int
    first_on: api.Date
    last_on: api.Date


class SwapEntered(Struct):
    """Who else is told, on which days."""

    recipient_id: api.Number
    first_on: api.Date
    last_on: api.Date


class MessageTold(Struct):
    """A message, how often it was tried, what came back."""

    id: int
    about: str
    recipient_id: int
    severity: Severity
    title: str
    made_ms: int
    next_ms: int | None
    sent_ms: int | None
    state: str
    attempts: int
    together: int
    result: str


door = api.room("notify")


@door.get("/recipients")
@needs("notify.write")
@api.speaks(list[RecipientTold])
def recipients():
    """Who can be told."""
    return [api.told(RecipientTold, one) for one in Recipient.there()]


@door.post("/recipients")
@needs("notify.write")
@api.speaks(RecipientTold, status=201, takes=RecipientEntered)
def add(body):
    """Enter somebody; nobody is told before there is a route."""
    return api.told(RecipientTold, room.add_recipient(body.name, body.kind, body.url))


@door.post("/recipients/<int:recipient_id>/end")
@needs("notify.write")
@api.speaks(None, status=204)
def end(recipient_id):
    """Nobody is told there any more."""
    room.end_recipient(_there(recipient_id), now_ms())


@door.post("/recipients/<int:recipient_id>/test")
@needs("notify.write")
@api.speaks(None, status=204)
def test(recipient_id):
    """Send a message that says that it is a test; the messages say what became of it."""
    room.test(_there(recipient_id), url_for("notify.first_page", _external=True), now_ms())


@door.get("/recipients/<int:recipient_id>/routes")
@needs("notify.write")
@api.speaks(list[RouteTold])
def routes(recipient_id):
    """The routes of one that hold."""
    recipient = _there(recipient_id)
    return [api.told(RouteTold, one) for one in Route.there() if one.recipient_id == recipient.id]


@door.post("/recipients/<int:recipient_id>/routes")
@needs("notify.write")
@api.speaks(RouteTold, status=201, takes=RouteEntered)
def add_route(recipient_id, body):
    """Say what a recipient is told, when."""
    hours = (body.days, body.from_min, body.to_min, body.outside, body.after_min)
    place = (body.department, body.equipment_id)
    return api.told(RouteTold, room.add_route(_there(recipient_id), body.severity, *hours, *place))


@door.post("/routes/<int:route_id>/end")
@needs("notify.write")
@api.speaks(None, status=204)
def end_route(route_id):
    """A route holds no longer."""
    room.end_route(_route(route_id), now_ms())


@door.get("/routes/<int:route_id>/swaps")
@needs("notify.write")
@api.speaks(list[SwapTold])
def swaps(route_id):
    """Who is told in the place of whom a route names, and will be; the newest first."""
    return [api.told(SwapTold, one) for one in Swap.there().get(_route(route_id).id, ())]


@door.post("/routes/<int:route_id>/swaps")
@needs("notify.write")
@api.speaks(SwapTold, status=201, takes=SwapEntered)
def add_swap(route_id, body):
    """Say who is told by a route for some days."""
    days = (api.day_of(body.first_on, "body.first_on"), api.day_of(body.last_on, "body.last_on"))
    return api.told(SwapTold, room.add_swap(_route(route_id), _there(body.recipient_id), *days))


@door.post("/swaps/<int:swap_id>/end")
@needs("notify.write")
@api.speaks(None, status=204)
def end_swap(swap_id):
    """Whom the route names is told again."""
    room.end_swap(Swap.get_or_none(Swap.id == swap_id) or abort(404), now_ms())


@door.get("/messages")
@needs("notify.write")
@api.speaks(list[MessageTold])
def messages():
    """The newest 200 messages with their results."""
    return [api.told(MessageTold, one) for one in Notification.newest(MESSAGES)]


def _there(recipient_id):
    return Recipient.there().where(Recipient.id == recipient_id).first() or abort(404)


def _route(route_id):
    return Route.get_or_none(Route.id == route_id) or abort(404)
