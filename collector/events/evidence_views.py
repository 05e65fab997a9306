"""Pages that give an event away to be kept elsewhere: its report, its signed ZIP; and many events as a spreadsheet."""

from flask import Blueprint, Response, flash, redirect, request, url_for

from collector import files
from collector.clock import now_ms
from collector.errors import ActionError
from collector.events import evidence
from collector.events.api import whole
from collector.events.recording_views import event_of
from collector.web import needs, scope

PDF, XLSX = files.KINDS["pdf"].media, files.KINDS["xlsx"].media
ZIP = "application/zip"

pages = Blueprint("evidence", __name__, url_prefix="/events")


@pages.get("/<int:event_id>/report.pdf")
@needs("equipment.read")
def report(event_id):
    """The report of an event on paper."""
    event = event_of(event_id)
    name = {"Content-Disposition": f"attachment; filename=event-{event.id}.pdf"}
    return Response(evidence.report_of(event, now_ms()), headers=name, mimetype=PDF)


@pages.get("/<int:event_id>/bundle.zip")
@needs("events.act")
def bundle(event_id):
    """All there is of an event, signed."""
    event = event_of(event_id)
    try:
        return files.sent_once(evidence.bundle_of(event, whole(event), now_ms()), ZIP, f"event-{event.id}.zip")
    except ActionError as error:  # a file of it is not as it was brought
        flash(str(error), "danger")
        return redirect(url_for("events.one", event_id=event.id))


@pages.get("/export")
@needs("equipment.read")
def export():
    """The events of what was asked for as a spreadsheet."""
    asked = {name: request.args.get(name, "")[:40] for name in ("state", "severity")}
    content = evidence.book_of(scope(), asked, request.args.get("equipment", type=int))
    return Response(content, headers={"Content-Disposition": "attachment; filename=events.xlsx"}, mimetype=XLSX)
