"""The door for recordings of an event: tus 1.0, from the page of the event; each refusal says what to send instead."""

from email.utils import formatdate

from flask import Blueprint, abort, current_app, url_for

from collector import files
from collector.clock import now_ms
from collector.events import recordings
from collector.events.models import Event
from collector.events.occurrences import Refused as EventRefused
from collector.web import needs, scope, tus
from collector.web.problems import Refused

MIB = 1024 * 1024
HOUR_S = 3600
CODES = {  # of PartRefused and FileRefused -> of the problem
    "many": "too_many", "length": "not_done", "place": "part_elsewhere", "hash": "hash_wrong", "long": "not_done",
    "busy": "busy", "spoilt": "part_elsewhere", "gone": "gone", "size": "too_large", "full": "too_large",
    "type": "media_type",
}  # fmt: skip
REFUSED = (files.PartRefused, files.FileRefused, EventRefused)

door = Blueprint("recordings", __name__, url_prefix="/events/<int:event_id>/recordings")


@door.route("", methods=["OPTIONS"])
@needs("events.act")
def abilities(event_id):
    """What this door can do."""
    event_of(event_id)
    return tus.abilities(_most_mb() * MIB)


@door.post("")
@needs("events.act")
def begin(event_id):
    """Begin a recording; its address is in `Location`."""
    return begun(event_id)[1]


def begun(event_id):
    """(the new Arrival, the answer to who began it)."""
    event, said = event_of(event_id), tus.begun()
    try:
        made = recordings.begin(event, said.name, said.bytes, _most_mb(), now_ms())
    except REFUSED as error:
        raise _told(error) from error
    where = url_for(".add", event_id=event.id, number=made.id)
    return made, tus.answer(201, Location=where, Upload_Offset=0, Upload_Expires=_ends(made))


@door.route("/<int:number>", methods=["HEAD"])
@needs("events.act")
def held(event_id, number):
    """How much of it is here."""
    found = _arrival(event_id, number)
    if found.ended_ms is not None and found.file_id is None:
        abort(404)
    said = {"Upload-Defer-Length": 1} if found.bytes is None else {"Upload-Length": found.bytes}
    return tus.answer(200, Upload_Offset=found.held, Upload_Expires=_ends(found), **said)


@door.patch("/<int:number>")
@needs("events.act")
def add(event_id, number):
    """Add the next part; with the last one the recording is a step of the event."""
    found, coming = _arrival(event_id, number), files.Coming(*tus.part())
    try:
        found = recordings.add(event_of(event_id), found, coming, _most_mb(), now_ms())
    except REFUSED as error:
        raise _told(error) from error
    return tus.answer(204, Upload_Offset=found.held, Upload_Expires=_ends(found))


@door.delete("/<int:number>")
@needs("events.act")
def give_up(event_id, number):
    """Give up what is under way."""
    found = _arrival(event_id, number)
    if found.ended_ms is not None:
        abort(404)
    files.give_up(found, now_ms(), "by who began it")
    return tus.answer(204)


def _told(error):
    """A refusal as a problem; where the next part begins is also in its header."""
    at = {"Upload-Offset": str(error.about)} if error.code in ("place", "spoilt", "hash") else {}
    wait = {"Retry-After": "1"} if error.code in ("busy", "many") else {}
    kind = "not_done" if isinstance(error, EventRefused) else CODES.get(error.code, "field_invalid")
    return Refused(kind, str(error), headers={"Tus-Resumable": tus.VERSION, **at, **wait})


def _most_mb():
    return current_app.config["SETTINGS"]["recording_most_mb"]


def _ends(arrival):
    wait_s = current_app.config["SETTINGS"]["recording_wait_h"] * HOUR_S
    return formatdate(arrival.touched_ms / 1000 + wait_s, usegmt=True)


def event_of(event_id):
    """The Event of a number inside the scope; 404 where there is none."""
    return Event.seen(scope(), event_id) or abort(404)


def _arrival(event_id, number):
    return recordings.under_way(event_of(event_id), number) or abort(404)
