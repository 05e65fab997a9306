"""Who is told: recipients, their routes, and what became of the newest messages."""

from datetime import date

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for

from collector import notify as room
from collector.clock import day_at, minutes_of, now_ms
from collector.notify import senders
from collector.notify.actions import Refused
from collector.notify.choices import choices
from collector.notify.models import Notification, Recipient, Route, Swap
from collector.notify.routes import SEVERITIES
from collector.web import needs
from collector.web.notify_words import NOTIFY_REFUSAL_WORDS

NEWEST = 50

pages = Blueprint("notify", __name__, url_prefix="/notify", template_folder="templates")


@pages.get("")
@needs("notify.write")
def first_page():
    """Recipients with their routes, and the newest messages with their results."""
    today = day_at(now_ms(), current_app.config["SETTINGS"]["zone"])
    routes, there, swaps = {}, choices(), Swap.there(today.isoformat())
    for route in Route.there():
        routes.setdefault(route.recipient_id, []).append(route)
    return render_template(
        "notify/recipients.html",
        recipients=list(Recipient.there()),
        routes=routes,
        swaps=swaps,
        standing_in={swap.recipient_id for some in swaps.values() for swap in some},
        choices=there,
        names=there.names(),
        newest=Notification.newest(NEWEST),
        counts=Notification.counts(),
        kinds=senders.KINDS,
        severities=SEVERITIES,
    )


@pages.post("/recipients")
@needs("notify.write")
def add():
    """Enter a recipient with an address, which is not shown again."""
    form = request.form
    return _done(lambda: room.add_recipient(form.get("name", ""), form.get("kind", ""), form.get("url", "")))


@pages.post("/recipients/<int:recipient_id>/routes")
@needs("notify.write")
def add_route(recipient_id):
    """Say what a recipient is told, when."""
    form = request.form
    hours = (minutes_of(form.get("from", "")), minutes_of(form.get("to", "")))
    after_min, recipient = form.get("after_min", -1, type=int), _there(recipient_id)
    what = form.get("severity", ""), "".join(form.getlist("days")), *hours, form.get("outside", "")
    return _done(lambda: room.add_route(recipient, *what, after_min, *_place(form)))


def _place(form):
    """(department, number of an equipment) that a form chose; "" and None for all. Raises Refused."""
    machines, asset_number = choices().machines, form.get("machine", "").strip()
    if asset_number not in ("", *machines):
        raise Refused("place")
    return form.get("department", ""), machines[asset_number][0] if asset_number else None


@pages.post("/routes/<int:route_id>/swaps")
@needs("notify.write")
def add_swap(route_id):
    """Say who is told by a route for some days."""
    route, form = Route.get_or_none(Route.id == route_id) or abort(404), request.form
    recipient = _there(form.get("recipient", 0, type=int))
    return _done(lambda: room.add_swap(route, recipient, _day(form.get("first", "")), _day(form.get("last", ""))))


def _day(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@pages.post("/swaps/<int:swap_id>/end")
@needs("notify.write")
def end_swap(swap_id):
    """Whom the route names is told again."""
    swap = Swap.get_or_none(Swap.id == swap_id) or abort(404)
    return _done(lambda: room.end_swap(swap, now_ms()))


@pages.post("/recipients/<int:recipient_id>/test")
@needs("notify.write")
def test(recipient_id):
    """Send a message that says that it is a test."""
    recipient, link = _there(recipient_id), url_for("notify.first_page", _external=True)
    return _done(lambda: room.test(recipient, link, now_ms()))


@pages.post("/recipients/<int:recipient_id>/end")
@needs("notify.write")
def end(recipient_id):
    """Nobody is told there any more."""
    recipient = _there(recipient_id)
    return _done(lambda: room.end_recipient(recipient, now_ms()))


@pages.post("/routes/<int:route_id>/end")
@needs("notify.write")
def end_route(route_id):
    """A route holds no longer."""
    route = Route.get_or_none(Route.id == route_id) or abort(404)
    return _done(lambda: room.end_route(route, now_ms()))


def _done(action):
    """The first page again, where what was refused is said."""
    try:
        action()
    except Refused as refused:
        flash(NOTIFY_REFUSAL_WORDS[refused.code], "danger")
    return redirect(url_for("notify.first_page"))


def _there(recipient_id):
    return Recipient.there().where(Recipient.id == recipient_id).first() or abort(404)
