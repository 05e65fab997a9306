"""/api/v1/events/N/report and bundle: an event to be kept elsewhere, as on its page."""

from flask import Response

from collector import api, files
from collector.clock import now_ms
from collector.events import evidence
from collector.events.api import whole
from collector.events.recording_views import event_of
from collector.web import needs

door = api.room("evidence")


@door.get("/events/<int:event_id>/report")
@needs("equipment.read")
@api.speaks(api.BYTES)
def report(event_id):
    """The report of an event, the bytes of a PDF."""
    return Response(evidence.report_of(event_of(event_id), now_ms()), mimetype=api.BYTES)


@door.get("/events/<int:event_id>/bundle")
@needs("events.act")
@api.speaks(api.BYTES)
def bundle(event_id):
    """All there is of an event, the bytes of a signed ZIP (docs/events.md says what is in it)."""
    event = event_of(event_id)
    return files.sent_once(evidence.bundle_of(event, whole(event), now_ms()), api.BYTES, f"event-{event.id}.zip")
