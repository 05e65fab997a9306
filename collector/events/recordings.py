"""Recordings and photos of an event that come in parts: when one is whole, it is a step of the event like any other."""

import json

from collector import audit, files
from collector.events.disposition import CLOSED
from collector.events.models import Event, Step
from collector.events.occurrences import Refused

ALLOWED = (*files.RECORDINGS, *files.PHOTOS)


def about(event):
    """What an Arrival is said to be of."""
    return f"event {event.id}"


def begin(event, name, size, most_mb, now_ms):
    """The new Arrival of a recording of so many bytes, or None. Raises Refused, FileRefused, PartRefused."""
    if event.state == CLOSED:
        raise Refused("closed")
    return files.begin(about(event), name, size, most_mb, now_ms)


def all_under_way(event):
    """[Arrival] of an event that who acts has begun and not brought to its end."""
    return list(files.Arrival.under_way(about(event), audit.acting().name))


def under_way(event, number):
    """The Arrival of an event that who acts has begun, also when it is at its end, or None."""
    mine = (files.Arrival.about == about(event)) & (files.Arrival.actor == audit.acting().name)
    return files.Arrival.select().where((files.Arrival.id == number) & mine).first()


def file_of(event, number):
    """The File of this number that belongs to a step of an event, or None."""
    belongs = any(number in json.loads(step.files) for step in event.steps)
    return files.File.get_or_none(files.File.id == number) if belongs else None


def files_of(step):
    """[File] that belong to a step."""
    return list(files.File.select().where(files.File.id << json.loads(step.files)).order_by(files.File.id))


def add(event, arrival, coming, most_mb, now_ms):
    """The Arrival after a part; with the last one the event has a step more. Raises FileRefused, PartRefused.

    The version of the event stays: evidence is no decision, and comes between nobody and his.
    """

    def on_whole(file):
        state = Event.get_by_id(event.id).state
        said = {"ts_ms": now_ms, "actor": audit.acting().name, "action": "record", "state": state, "text": ""}
        Step.create(event=event, files=json.dumps([file.id]), **said)
        audit.note("event.record", about(event), after={"file": file.id, "sha256": file.sha256, "bytes": file.bytes})

    return files.add(arrival.id, coming, ALLOWED, most_mb, now_ms, on_whole)
