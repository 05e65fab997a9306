"""/api/v1/events/N/recordings: the door of the page for programs, by tus 1.0 as well; and files as they are kept."""

import msgspec
from flask import abort

from collector import api, files
from collector.events import recording_views, recordings
from collector.events.recording_views import event_of
from collector.web import needs, tus


class ArrivalTold(msgspec.Struct):
    """A recording on its way. bytes: of the whole, null while it is still being made; held: here, and checked."""

    id: int
    name: str
    bytes: int | None
    held: int
    began_ms: int
    touched_ms: int


door = api.room("recordings")
WHERE = "/events/<int:event_id>/recordings"
ONE = f"{WHERE}/<int:number>"


@door.get(WHERE)
@needs("events.act")
@api.speaks(list[ArrivalTold])
def under_way(event_id):
    """Recordings of an event that you have begun and not brought to their end."""
    return [api.told(ArrivalTold, one) for one in recordings.all_under_way(event_of(event_id))]


@door.post(WHERE)
@needs("events.act")
@api.speaks(ArrivalTold, status=201, refuses=("tus_version",))
def begin(event_id):
    """Begin a recording or a photo by tus 1.0 (docs/events.md says how); its address is in `Location`."""
    made, answer = recording_views.begun(event_id)
    answer.set_data(msgspec.json.encode(api.told(ArrivalTold, made)))
    answer.mimetype = api.JSON
    return answer


@door.route(WHERE, methods=["OPTIONS"])
@needs("events.act")
def abilities(event_id):
    """What this door can do."""
    return recording_views.abilities(event_id)


@door.route(ONE, methods=["HEAD"])
@needs("events.act")
def held(event_id, number):
    """How much of it is here, in `Upload-Offset`."""
    return recording_views.held(event_id, number)


@door.patch(ONE)
@needs("events.act")
@api.speaks(None, status=204, takes=(tus.MEDIA,), refuses=("tus_version", "gone", "busy", "hash_wrong"))
def add(event_id, number, body):
    """Add the next part; with the last one the recording is a step of the event."""
    return recording_views.add(event_id, number)


@door.delete(ONE)
@needs("events.act")
@api.speaks(None, status=204)
def give_up(event_id, number):
    """Give up what is under way."""
    return recording_views.give_up(event_id, number)


@door.get("/events/<int:event_id>/files/<int:file_id>")
@needs("equipment.read")
@api.speaks(api.BYTES)
def content(event_id, file_id):
    """The bytes of a file of a step."""
    answer = files.sent(recordings.file_of(event_of(event_id), file_id) or abort(404), to_save=True)
    answer.mimetype = api.BYTES
    return answer
