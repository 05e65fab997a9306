"""Pages of events: what needs a person first, one event as a timeline, a report from the phone, the wall board."""

import json

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for

from collector import events as room
from collector import files, notify
from collector.clock import now_ms
from collector.equipment import Equipment
from collector.events import evaluations, recordings
from collector.events.colleagues import colleagues
from collector.events.disposition import NEED_TEXT, STATES, UNDONE, actions
from collector.events.drawing import around
from collector.events.models import PER_PAGE, Evaluation, Event, Step
from collector.web import may, needs, scope, takes_files
from collector.web.event_words import ACT_WORDS, REFUSAL_WORDS
from collector.web.register_words import FILE_WORDS

DAY_MS = 86_400_000
ON_WALL = 12
REFUSED = (room.Refused, files.FileRefused)

pages = Blueprint("events", __name__, url_prefix="/events", template_folder="templates")


@pages.get("")
@needs("equipment.read")
def first_page():
    """Events inside the scope, what needs a person first."""
    page = max(1, request.args.get("page", 1, type=int))
    asked = {name: request.args.get(name, "")[:40] for name in ("state", "severity")}
    number = request.args.get("equipment", type=int)
    found = list(Event.inbox(scope(), **asked, equipment_id=number).paginate(page, PER_PAGE + 1))
    return render_template(
        "events/inbox.html",
        found=[_told(event) for event in found[:PER_PAGE]],
        counts=_counts(),
        asked=asked | ({"equipment": number} if number else {}),
        page=page,
        more=len(found) > PER_PAGE,
        states=STATES,
        now=now_ms(),
    )


@pages.get("/wall")
@needs("equipment.read")
def wall():
    """The worst of what is not resolved, large enough for a screen on a wall."""
    found = [event for event in Event.inbox(scope()).limit(ON_WALL) if event.state in UNDONE]
    return render_template("events/wall.html", found=[_told(event) for event in found], counts=_counts(), now=now_ms())


@pages.get("/<int:event_id>")
@needs("equipment.read")
def one(event_id):
    """One event as a timeline, with what was measured around it and what can be done now."""
    return _page_of(_seen(event_id))


@pages.post("/<int:event_id>/steps")
@needs("events.act")
@takes_files
def act(event_id):
    """One step of the disposition."""
    event, form, kept = _seen(event_id), request.form, []
    try:
        kept = _kept_files()
        room.act(
            event.id, form.get("action", ""), form.get("version", 0, type=int), form.get("text", ""), now_ms(),
            [one.id for one in kept], to=form.get("to", "").strip()[:120], into=form.get("into", type=int),
        )  # fmt: skip
    except REFUSED as error:
        for one in kept:
            files.drop(one, now_ms())
        return _not_done(error, event_id)
    return redirect(url_for("events.one", event_id=event.id))


@pages.post("/<int:event_id>/evaluation")
@needs("events.act")
def evaluate(event_id):
    """What it came from, what it cost, whether the measures helped."""
    event, form = _seen(event_id), request.form
    said = {name: form.get(name, "") for name in ("cause", "text", "effect", "improvement", "risk")}
    numbers = {"exams": form.get("exams", type=int), "hours": form.get("hours", type=float)}
    try:
        evaluations.evaluate(
            event.id, form.get("version", 0, type=int), evaluations.Finding(**said, **numbers), now_ms()
        )
    except room.Refused as error:
        return _not_done(error, event_id)
    return redirect(url_for("events.one", event_id=event.id))


@pages.get("/statistics")
@needs("equipment.read")
def statistics():
    """Causes, recurrence, and how long people take, of the last days."""
    days = min(max(request.args.get("days", 90, type=int), 1), 3650)
    causes, figures = evaluations.statistics_of(scope(), now_ms() - days * DAY_MS)
    return render_template("events/statistics.html", days=days, causes=causes, figures=figures)


@pages.route("/report", methods=["GET", "POST"])
@needs("events.report")
@takes_files
def report():
    """Tell of something that was seen, with a photo."""
    if request.method == "POST":
        form = request.form
        machine = Equipment.seen(scope(), form.get("equipment", 0, type=int)) or abort(404)
        try:
            kept = [one.id for one in _kept_files()]
            event = room.report(machine, form.get("severity", ""), form.get("text", ""), now_ms(), kept, now_ms())
            return redirect(url_for("events.one", event_id=event.id))
        except REFUSED as error:
            flash(_in_words(error), "danger")
    machines = Equipment.registered(scope())
    return render_template("events/report.html", machines=machines, severities=notify.SEVERITIES)


@pages.post("/<int:event_id>/shelf")
@needs("events.act")
def shelve(event_id):
    """Shelve events like this one, or all of its equipment, for some hours."""
    event, form = _seen(event_id), request.form
    if event.equipment is None:
        abort(404)
    rule = "" if "all" in form else event.rule
    until_ms = now_ms() + form.get("hours", 0, type=int) * 3_600_000
    try:
        room.shelve(event.equipment, rule, now_ms(), until_ms, form.get("text", ""), now_ms())
    except room.Refused as error:
        flash(_in_words(error), "danger")
    return redirect(url_for("events.one", event_id=event.id))


@pages.post("/shelves/<int:shelf_id>/end")
@needs("events.act")
def unshelve(shelf_id):
    """End a shelf before its time."""
    shelf = room.Shelf.get_or_none(room.Shelf.id == shelf_id)
    if shelf is None or Equipment.seen(scope(), shelf.equipment_id) is None:
        abort(404)
    room.unshelve(shelf, now_ms())
    return redirect(url_for("events.first_page", equipment=shelf.equipment_id))


@pages.get("/<int:event_id>/files/<int:file_id>")
@needs("equipment.read")
def file(event_id, file_id):
    """A file that belongs to a step of an event."""
    return files.sent(recordings.file_of(_seen(event_id), file_id) or abort(404))


def _in_words(error):
    words = FILE_WORDS if isinstance(error, files.FileRefused) else REFUSAL_WORDS
    about = ACT_WORDS.get(error.about, error.about) if error.code == "state" else error.about
    return str(words[error.code]) % {"about": about}


def _not_done(error, event_id):
    """The page of the event as it is now, with why nothing was done and all that was typed: nobody writes twice."""
    flash(_in_words(error), "danger")
    return _page_of(_seen(event_id), request.form), 409


def _page_of(event, typed=None):
    said, settings = json.loads(event.said), current_app.config["SETTINGS"]
    allowed = actions(event.state, event.severity) if may("events.act") else []
    steps = [(step, recordings.files_of(step)) for step in event.steps.order_by(Step.id)]
    return render_template(
        "events/one.html",
        event=event,
        said=said,
        context=json.loads(event.context),
        steps=steps,
        told=notify.Notification.of(f"event {event.id}"),
        picture=around(event, now_ms()),
        actions=[action for action in allowed if action != "evaluate"],
        evaluates="evaluate" in allowed or "cause" in (typed or {}),  # what was typed in vain is shown all the same
        choices=(evaluations.CAUSES, evaluations.EFFECTS, evaluations.RISKS),
        evaluation=event.evaluations.order_by(Evaluation.id.desc()).first(),
        need_text=NEED_TEXT,
        others=_others(event),
        under_way=recordings.all_under_way(event),
        most_mb=settings["recording_most_mb"],
        most_min=settings["recording_most_min"],
        shelves=room.Shelf.of(event.equipment_id, now_ms()) if event.equipment_id else [],
        colleagues=[name for name in colleagues(event, now_ms()) if name != event.owner] if allowed else [],
        typed=typed or {},
        now=now_ms(),
    )


def _others(event):
    """Events of the same equipment that this one may be a part of."""
    if event.equipment_id is None:
        return []
    asked = Event.inbox(scope(), equipment_id=event.equipment_id).where(Event.id != event.id).limit(20)
    return [_told(other) for other in asked if other.state != "closed"]


def _told(event):
    return event, json.loads(event.said)


def _counts():
    """{state: how many} of what is not closed."""
    counts = {}
    for (state, _severity), count in Event.counts(scope()).items():
        counts[state] = counts.get(state, 0) + count
    return counts


def _kept_files():
    """[File] that came with a form, kept now. Raises FileRefused."""
    brought = [one for one in request.files.getlist("files") if one.filename]
    allowed = (*files.DOCUMENTS, *files.RECORDINGS)
    return [files.keep(one.stream, one.filename, allowed, now_ms()) for one in brought]


def _seen(event_id):
    return Event.seen(scope(), event_id) or abort(404)
